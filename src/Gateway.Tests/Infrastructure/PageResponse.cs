using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>A parsed response of <c>/api/task-runs</c>.</summary>
internal sealed record PageResponse(
    HttpStatusCode Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonObject Json => JsonNode.Parse(Text)!.AsObject();

    public long? Total => (long?)Json["total"];

    /// <summary>Numbers of the runs, which the simulator writes into their names.</summary>
    public int[] Runs =>
    [
        .. Json["runs"]!.AsArray().Select(
            run => int.Parse(((string)run!["name"]!).Split(' ')[0]["run-".Length..], CultureInfo.InvariantCulture)),
    ];

    public int Age => int.Parse(Headers["Age"], CultureInfo.InvariantCulture);

    public string CacheStatus => Headers["Cache-Status"];

    public string? Problem => (string?)Json["type"];

    public string? Link(string relation) =>
        Regex.Match(Headers["Link"], $"<([^>]*)>; rel=\"{relation}\"") is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>Index of the <c>next</c> link; null at the end of the list.</summary>
    public int? NextIndex => Link("next") is { } next
        ? int.Parse(Regex.Match(next, "index=([0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture)
        : null;

    public override string ToString() => $"{(int)Status} {Text[..Math.Min(Text.Length, 300)]}";

    public static async Task<PageResponse> ReadAsync(HttpResponseMessage response) => new(
        response.StatusCode,
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
        response.Headers.Concat(response.Content.Headers)
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
}
