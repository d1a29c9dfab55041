using System.Text;
using System.Text.Json;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.TaskRuns.Normalizing;

/// <summary>Helpers that normalise a body and read the result.</summary>
internal static class NormalizerInputs
{
    public static readonly TimeZoneInfo Seoul = TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul");

    private static readonly TaskRunNormalizer Normalizer = new(Seoul, HelpLanguage.Ko);

    public static NormalizedResponse Normalize(string body) => Normalize(Encoding.UTF8.GetBytes(body));

    public static NormalizedResponse Normalize(byte[] body) => Normalize(body, Normalizer);

    public static NormalizedResponse Normalize(byte[] body, TaskRunNormalizer normalizer)
    {
        normalizer.TryNormalize(body, out var response, out var error).ShouldBeTrue(error);
        error.ShouldBeNull();
        return response.ShouldNotBeNull();
    }

    /// <summary>Returns the reason why the body cannot be read; null when it can.</summary>
    public static string? ErrorOf(byte[] body)
    {
        if (Normalizer.TryNormalize(body, out var response, out var error))
        {
            return null;
        }

        response.ShouldBeNull();
        return error.ShouldNotBeNull();
    }

    public static string? ErrorOf(string body) => ErrorOf(Encoding.UTF8.GetBytes(body));

    /// <summary>Returns a body with these runs.</summary>
    public static string Body(params IEnumerable<string> runs) => $$"""{"total":3,"runs":[{{string.Join(',', runs)}}]}""";

    /// <summary>Returns the JSON of a run with the id <c>r</c> and these fields.</summary>
    public static string Row(string fields) => Row(fields, Normalizer);

    public static string Row(string fields, TaskRunNormalizer normalizer)
    {
        var comma = fields.Length == 0 ? "" : ",";
        return Text(Normalize(Encoding.UTF8.GetBytes(Body($$"""{"run_id":"r"{{comma}}{{fields}}}""")), normalizer).Rows);
    }

    /// <summary>Returns one property of that JSON as written, for example <c>feature.lineCount</c>.</summary>
    public static string Value(string fields, string path) => ValueOf(Row(fields), path);

    public static string ValueOf(string row, string path)
    {
        using var json = JsonDocument.Parse(row);
        return path.Split('.').Aggregate(json.RootElement, (element, name) => element.GetProperty(name)).GetRawText();
    }

    /// <summary>Returns all rows as written.</summary>
    public static string Text(TaskRunRows rows) => Encoding.UTF8.GetString(rows.Json);

    /// <summary>Returns the id in each slot as written; empty for a dropped row.</summary>
    public static string[] Ids(TaskRunRows rows) =>
        [.. Enumerable.Range(0, rows.Count).Select(row => Encoding.UTF8.GetString(rows.Id(row)))];
}
