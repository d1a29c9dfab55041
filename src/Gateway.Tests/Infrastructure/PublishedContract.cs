using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// Validates responses against the committed API description, <c>openapi/v1.json</c>. Each must have a documented
/// status with its headers and media type, and a body that matches the schema and has no other properties. (Clients are
/// told to ignore such properties; the gateway has to document them.)
/// </summary>
internal static class PublishedContract
{
    /// <summary>Headers that HTTP, CORS and browser security add to any response. The description covers only the API.</summary>
    private static readonly HashSet<string> OnAnyResponse = new(StringComparer.OrdinalIgnoreCase)
    {
        "Date", "Content-Type", "Content-Length", "Content-Language", "Transfer-Encoding", "Connection", "Vary",
        "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers",
        "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options", "Cross-Origin-Resource-Policy", "Strict-Transport-Security",
        "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Permissions-Policy",
        "Pragma", "Expires", // the framework adds these after an exception: they repeat Cache-Control for HTTP/1.0
    };

    private static readonly Lazy<JsonObject> Committed = new(() => JsonNode.Parse(File.ReadAllText(CommittedFile))!.AsObject());
    private static readonly Lazy<string> Definitions = new(ReadDefinitions);
    private static readonly ConcurrentDictionary<string, JsonSchema> Schemas = new();
    private static readonly ConcurrentDictionary<string, bool> FoundGood = new(); // pages are read again and again

    public static JsonObject Document => Committed.Value;

    private static string CommittedFile => Path.Combine(AppContext.BaseDirectory, "v1.json");

    /// <summary>
    /// Returns the errors of a response. There are none if it is documented, or does not belong to the API.
    /// </summary>
    public static IReadOnlyList<string> Check(
        HttpMethod method, string path, HttpStatusCode status, IReadOnlyDictionary<string, string> headers, byte[] body)
    {
        path = path.TrimEnd('/').ToLowerInvariant(); // as the router has it
        if (!IsOfApi(path) || CommittedDocument.IsUpdating)
        {
            return [];
        }

        var wrong = new List<string>();
        if (OperationsAt(path)?[method.Method.ToLowerInvariant()] is { } operation)
        {
            CheckResponse(operation["responses"]![((int)status).ToString()], method, headers, body, wrong);
        }
        else
        {
            JudgeRefusal(method, status, headers, body, wrong);
        }

        return [.. wrong.Select(what => $"{method} {path} was answered with {(int)status}: {what}")];
    }

    /// <summary>
    /// Validates a value against a schema of the description, given by its path or as text, and returns the errors.
    /// </summary>
    public static IReadOnlyList<string> Invalid(JsonNode schema, JsonElement value)
    {
        var text = schema.ToJsonString();
        var compiled = Schemas.GetOrAdd(text, _ => JsonSchema.FromText(
            $$"""{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{{Definitions.Value}},"allOf":[{{Local(text)}}]}"""));
        if (Evaluate(OutputFormat.Flag).IsValid)
        {
            return []; // most are valid, and a list of all evaluated parts takes many times as long
        }

        return [.. Evaluate(OutputFormat.List).Details!.Where(detail => detail.Errors is not null).SelectMany(
            detail => detail.Errors!.Select(error => $"{detail.InstanceLocation} {error.Key}: {error.Value}"))];

        EvaluationResults Evaluate(OutputFormat format) =>
            compiled.Evaluate(value, new EvaluationOptions { OutputFormat = format, RequireFormatValidation = true });
    }

    private static bool IsOfApi(string path) => path is "/api" or "/session" || path.StartsWith("/api/", StringComparison.Ordinal)
        || (path.StartsWith("/session/", StringComparison.Ordinal)
            && path is not ("/session/callback" or "/session/backchannel-logout")); // the provider's

    /// <summary>Returns the operations at a path, or at a template that it fits; null if there are none.</summary>
    private static JsonNode? OperationsAt(string path)
    {
        var segments = path.Split('/');
        return Document["paths"]![path] ?? Document["paths"]!.AsObject().FirstOrDefault(template => Fits(template.Key.Split('/'))).Value;

        bool Fits(string[] template) => template.Length == segments.Length
            && template.Zip(segments).All(pair => pair.First == pair.Second || (pair.First.StartsWith('{') && pair.Second.Length > 0));
    }

    private static void CheckResponse(
        JsonNode? response, HttpMethod method, IReadOnlyDictionary<string, string> headers, byte[] body, List<string> wrong)
    {
        if (response is null)
        {
            wrong.Add("the status is not documented");
            return;
        }

        var documented = response["headers"]?.AsObject()
            .ToDictionary(header => header.Key, header => header.Value!, StringComparer.OrdinalIgnoreCase) ?? [];
        wrong.AddRange(documented.Where(header => (bool?)header.Value["required"] == true && !headers.ContainsKey(header.Key))
            .Select(header => $"{header.Key} is missing"));
        wrong.AddRange(headers.Keys.Where(name => !OnAnyResponse.Contains(name) && !documented.ContainsKey(name))
            .Select(name => $"{name} is not documented"));
        foreach (var (name, header) in documented.Where(header => headers.ContainsKey(header.Key)))
        {
            JsonNode value = (string?)header["schema"]!["type"] == "integer" && long.TryParse(headers[name], out var number)
                ? number
                : headers[name];
            wrong.AddRange(Invalid(header["schema"]!, JsonSerializer.SerializeToElement(value)).Select(what => $"{name}: {what}"));
        }

        if (method == HttpMethod.Head || response["content"] is not { } content)
        {
            if (body.Length > 0)
            {
                wrong.Add("it has a body");
            }

            return;
        }

        var sent = headers.GetValueOrDefault("Content-Type")?.Split(';')[0];
        var (mediaType, described) = content.AsObject().OrderBy(type => type.Key != sent).First();
        JudgeBody(mediaType, described!["schema"]!, headers, body, wrong);
    }

    /// <summary>Checks the response for a path or a method that the API does not have.</summary>
    private static void JudgeRefusal(
        HttpMethod method, HttpStatusCode status, IReadOnlyDictionary<string, string> headers, byte[] body, List<string> wrong)
    {
        if (method == HttpMethod.Options && status == HttpStatusCode.NoContent && body.Length == 0)
        {
            return; // a preflight, granted or not
        }

        if (status is not (HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed
            or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden
            or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
        {
            wrong.Add("the description has no such operation");
        }

        if (status == HttpStatusCode.MethodNotAllowed && !headers.ContainsKey("Allow"))
        {
            wrong.Add("Allow is missing");
        }

        if (method != HttpMethod.Head)
        {
            JudgeBody("application/problem+json", new JsonObject { ["$ref"] = "#/components/schemas/Problem" }, headers, body, wrong);
        }
    }

    private static void JudgeBody(
        string mediaType, JsonNode schema, IReadOnlyDictionary<string, string> headers, byte[] body, List<string> wrong)
    {
        if (headers.GetValueOrDefault("Content-Type")?.Split(';')[0] is var type && type != mediaType)
        {
            wrong.Add($"its media type is {type ?? "not told"}, not {mediaType}");
            return;
        }

        if (mediaType == "text/html")
        {
            return; // an HTML page
        }

        var key = schema.ToJsonString() + Convert.ToHexString(SHA256.HashData(body));
        if (FoundGood.ContainsKey(key))
        {
            return;
        }

        try
        {
            using var json = JsonDocument.Parse(body);
            var invalid = Invalid(schema, json.RootElement);
            wrong.AddRange(invalid);
            if (invalid.Count == 0)
            {
                FoundGood[key] = true;
            }
        }
        catch (JsonException cannotBeRead)
        {
            wrong.Add(cannotBeRead.Message);
        }
    }

    /// <summary>Named schemas, closed: a property that they do not name is an error.</summary>
    private static string ReadDefinitions()
    {
        var schemas = Document["components"]!["schemas"]!.DeepClone().AsObject();
        foreach (var (_, schema) in schemas)
        {
            if (schema!["properties"] is not null)
            {
                schema["additionalProperties"] = false;
            }
        }

        return Local(schemas.ToJsonString());
    }

    private static string Local(string schema) => schema.Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal);
}

/// <summary>Validates every response by <see cref="PublishedContract"/>: an undocumented one fails the test that received it.</summary>
internal sealed class ContractHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (method, path) = (request.Method, request.RequestUri!.AbsolutePath);
        var response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var packed = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var body = Decode(packed, response.Content.Headers.ContentEncoding.SingleOrDefault());
        PublishedContract.Check(method, path, response.StatusCode, headers, body).ShouldBeEmpty();
        return response;
    }

    private static byte[] Decode(byte[] body, string? coding)
    {
        if (coding is null || body.Length == 0)
        {
            return body;
        }

        using var packed = new MemoryStream(body);
        using Stream stream = coding == "br"
            ? new BrotliStream(packed, CompressionMode.Decompress)
            : new GZipStream(packed, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }
}
