using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// A task run, computed from its number, its creation time and the clock. Unless it has a content of its own, the number
/// is part of the name, <c>run-000123 …</c>.
/// </summary>
/// <param name="Number">0 or more.</param>
/// <param name="Created">
/// Creation time; sent in Korean time and without an offset, as in the documentation's sample.
/// </param>
/// <param name="Frozen">True if the run is final from the start.</param>
/// <param name="Renamed">Number of times that a person has renamed the run.</param>
/// <param name="Own">Content of the run; null for the one that belongs to its number.</param>
/// <remarks>
/// Rows vary as the documentation allows: <c>complete</c> and <c>completed</c>, <c>NFM2</c> and <c>NFM02</c>, or no
/// model. Before the run ends, <c>completed_at</c> is null, empty or absent. Optional fields may be absent.
/// </remarks>
internal readonly record struct SimulatedRun(int Number, DateTimeOffset Created, bool Frozen, int Renamed = 0, RunContent? Own = null)
{
    /// <summary>Beginning of the names whose next part is the number.</summary>
    public const string NamePrefix = "run-";

    private static readonly TimeSpan KoreanOffset = TimeSpan.FromHours(9);

    /// <summary>Returns the id of a run: stable, unique and in the form of a UUID.</summary>
    public static string IdOf(int number) => MakeId("run", number);

    /// <summary>Returns the number in a run's name.</summary>
    /// <exception cref="FormatException">The name is not one of the simulator's.</exception>
    public static int NumberOf(string runName) => runName.StartsWith(NamePrefix, StringComparison.Ordinal)
        ? int.Parse(runName.Split(' ')[0].AsSpan(NamePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture)
        : throw new FormatException($"'{runName}' is not the name of a simulated run.");

    /// <summary>The name of the run.</summary>
    public string Name => Content.Name + (Renamed == 0 ? "" : $" ({Renamed})");

    private RunContent Content => Own ?? RunContent.Of(Number);

    /// <summary>Returns the status at <paramref name="now"/> in the upstream's spelling.</summary>
    public string StatusAt(DateTimeOffset now)
    {
        var content = Content;
        var age = Frozen ? TimeSpan.MaxValue : now - Created;
        return age < content.PendingAfter ? "registered"
            : age < content.StartedAfter ? "pending"
            : age < content.EndedAfter ? "in_progress"
            : content.FailMessage is not null ? "failed"
            : Number % 2 == 0 ? "completed" : "complete";
    }

    /// <summary>Writes the run as one element of <c>runs</c>.</summary>
    public void WriteTo(Utf8JsonWriter json, DateTimeOffset now)
    {
        var status = StatusAt(now);
        var content = Content;

        json.WriteStartObject();
        json.WriteString("run_id", IdOf(Number));
        json.WriteString("run_name", Name);
        json.WriteString("task_id", MakeId("task", content.Task));
        WriteIfAny(json, "task_name", content.TaskName);
        json.WriteString("feature_id", MakeId("feature", content.Feature));
        WriteIfAny(json, "feature_name", content.FeatureName);
        json.WriteString("status", status);
        json.WriteString("created_at", KoreanTime(Created));
        WriteCompletedAt(json, status, Created + content.EndedAfter);
        json.WriteString("result_bucket", "nclue-results");
        json.WriteString("result_file_path", $"{Created:yyyy/MM}/run-{Number:000000}");
        WriteIfAny(json, "nclue_model_name", content.Model);
        WriteIfAny(json, "nclue_model_status", content.Model is null ? null : content.IsModelDeprecated ? "deprecated" : "active");
        if (status is not ("registered" or "pending") && content.LineCount is { } lines)
        {
            json.WriteNumber("line_count", lines);
        }

        WriteFailMessage(json, status is "failed" ? content.FailMessage : null);
        json.WriteEndObject();
    }

    private void WriteCompletedAt(Utf8JsonWriter json, string status, DateTimeOffset completed)
    {
        if (status is "completed" or "complete" || (status is "failed" && Number % 2 == 0))
        {
            json.WriteString("completed_at", KoreanTime(completed));
        }
        else if (Number % 3 == 0)
        {
            json.WriteNull("completed_at");
        }
        else if (Number % 3 == 1)
        {
            json.WriteString("completed_at", "");
        }
    }

    private void WriteFailMessage(Utf8JsonWriter json, string? message)
    {
        if (message is not null)
        {
            json.WriteString("fail_message", message);
        }
        else if (Number % 3 != 2)
        {
            json.WriteNull("fail_message");
        }
    }

    private static void WriteIfAny(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static string KoreanTime(DateTimeOffset time) =>
        time.ToOffset(KoreanOffset).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static string MakeId(string kind, int number)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{kind} {number}"), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x40);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true).ToString();
    }
}
