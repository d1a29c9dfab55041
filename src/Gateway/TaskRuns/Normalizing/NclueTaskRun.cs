using System.Text.Json;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// One run as NCLUE sent it. The documentation guarantees no field, so each may be null: not sent, empty, or of a JSON
/// kind that cannot be read. (Source: https://api.ncloud-docs.com/docs/nclue-gettaskrunlist)
/// </summary>
internal sealed class NclueTaskRun
{
    public string? Id { get; private set; }

    public string? Name { get; private set; }

    public string? TaskId { get; private set; }

    public string? TaskName { get; private set; }

    public string? FeatureId { get; private set; }

    public string? FeatureName { get; private set; }

    /// <summary>Lines of the feature that the task was applied to, not of the result.</summary>
    public long? LineCount { get; private set; }

    public string? Status { get; private set; }

    public string? ModelName { get; private set; }

    public string? ModelStatus { get; private set; }

    public string? CreatedAt { get; private set; }

    public string? CompletedAt { get; private set; }

    public string? ResultBucket { get; private set; }

    public string? ResultFilePath { get; private set; }

    public string? FailMessage { get; private set; }

    /// <summary>
    /// Reads the value at the reader's position to its end; null when it is not an object. Of fields with the same name
    /// the last one counts.
    /// </summary>
    public static NclueTaskRun? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        var run = new NclueTaskRun();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonText.Decode(in reader);
            reader.Read();
            run.ReadField(name, ref reader);
        }

        return run;
    }

    private void ReadField(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "run_id": Id = JsonText.Read(ref reader); break;
            case "run_name": Name = JsonText.Read(ref reader); break;
            case "task_id": TaskId = JsonText.Read(ref reader); break;
            case "task_name": TaskName = JsonText.Read(ref reader); break;
            case "feature_id": FeatureId = JsonText.Read(ref reader); break;
            case "feature_name": FeatureName = JsonText.Read(ref reader); break;
            case "line_count": LineCount = JsonText.ReadCount(ref reader); break;
            case "status": Status = JsonText.Read(ref reader); break;
            case "nclue_model_name": ModelName = JsonText.Read(ref reader); break;
            case "nclue_model_status": ModelStatus = JsonText.Read(ref reader); break;
            case "created_at": CreatedAt = JsonText.Read(ref reader); break;
            case "completed_at": CompletedAt = JsonText.Read(ref reader); break;
            case "result_bucket": ResultBucket = JsonText.Read(ref reader); break;
            case "result_file_path": ResultFilePath = JsonText.Read(ref reader); break;
            case "fail_message": FailMessage = JsonText.Read(ref reader); break;
            default: reader.Skip(); break;
        }
    }
}
