using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Http.OpenApi;

/// <summary>
/// Requests generated from the API's description: each operation and the methods that it does not have, each parameter
/// with values inside, at and outside its bounds, absent and repeated, with every kind of credentials.
/// <see cref="ContractHandler"/> finds responses that violate the description.
/// </summary>
public sealed class GeneratedRequestTests
{
    private static readonly Gen<string> Method = Gen.Frequency(
        (6, Gen.Const("")), // the operation's own
        (1, OneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "PROPFIND")));

    private static readonly Gen<string?> Accept = Odd(
        "application/json", "*/*", "application/*;q=0.1", "text/html", "application/json;q=0", "image/png, */*;q=0", ";;;",
        "application/problem+json", "\"");

    private static readonly Gen<string?> AcceptEncoding = Odd("gzip", "br, gzip;q=0.5", "identity;q=0", "*;q=0", "zstd", ",", "gzip;q=one");

    private static readonly Gen<string?> ContentType = Odd(
        "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "x");

    private static readonly Gen<Credentials> Who = Gen.Frequency(
        (4, Gen.Const(Credentials.Token)), (3, Gen.Const(Credentials.Session)), (
            1, OneOf(Credentials.None, Credentials.BadToken, Credentials.BadSession)));

    private static readonly Gen<Request> Requests = Gen.OneOf([.. PublishedContract.Document["paths"]!.AsObject()
        .SelectMany(path => path.Value!.AsObject().SelectMany(operation => Enumerable.Repeat(
            OfOperation(path.Key, operation.Key, operation.Value!), path.Key == "/api/task-runs" ? 4 : 1)))]); // it has the most responses

    [Fact]
    public async Task Three_thousand_requests_made_from_the_description_get_documented_responses()
    {
        // The clock stands still, so a request for an unknown run must not wait for the next read of the list.
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 50 }, // one block, so that no request waits
            SessionHost.Settings(("Quota:AnonymousPerSecond", "10000"), ("Cache:WaitFor", "00:00:00")),
            environment: "Development");
        using var browser = new CookieClient(gateway.Address);
        using var client = gateway.CreateAnonymousClient();
        var token = gateway.Issuer.Issue();
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        var page = await gateway.ReadAsync();
        var (tag, run) = (page.Headers["ETag"], SimulatedRun.IdOf(page.Runs[0]));
        var seen = new ConcurrentDictionary<string, int>();

        await Requests.SampleAsync(
            async request =>
            {
                if (request.Who == Credentials.Session && browser.Session is null)
                {
                    await browser.SignInAsync();
                }

                using var message = request.ToMessage(gateway.Address, token, browser.Session, tag, run);
                using var response = await client.SendAsync(message);
                var status = (int)response.StatusCode;
                if (response.Headers.Contains("Clear-Site-Data"))
                {
                    browser.Cookies.Clear();
                }

                seen.AddOrUpdate($"{request.Operation} {status}", 1, (_, count) => count + 1);
                status.ShouldBeLessThan(500);
            },
            iter: 3_000,
            threads: 1,
            print: request => request.ToString());

        // Otherwise the test would have tried nothing.
        string[] expected =
        [
            "listTaskRuns 200", "listTaskRuns 304", "listTaskRuns 400", "listTaskRuns 401", "listTaskRuns 403",
            "listTaskRuns 405", "listTaskRuns 406",
            "summarizeTaskRuns 200", "summarizeTaskRuns 400", "getTaskRun 200", "getTaskRun 400", "getTaskRun 404",
            "headTaskRuns 200", "headTaskRuns 304", "headTaskRuns 400", "headTaskRuns 401", "headTaskRuns 403",
            "getStatus 200", "getStatus 400", "getStatus 401", "getStatus 403", "getStatus 405", "getStatus 406",
            "getSession 200", "getSession 401", "getSession 403", "getSession 405",
            "login 302", "login 400", "login 405", "logout 200", "logout 401", "logout 403", "logout 405",
        ];
        expected.Except(seen.Keys).ShouldBeEmpty();
        gateway.Logs.GetSnapshot().ShouldAllBe(line => line.Level < Microsoft.Extensions.Logging.LogLevel.Error);
    }

    private static Gen<Request> OfOperation(string path, string method, JsonNode operation)
    {
        var parameters = operation["parameters"]!.AsArray()
            .Select(parameter => (Name: (string)parameter!["name"]!, In: (string)parameter["in"]!, Values: Values(parameter)))
            .ToList();
        var query = Several(
            parameters.Where(parameter => parameter.In == "query")
                .Select(parameter => Given(parameter.Name, parameter.Values, 2, parameter.Name is "index" or "limit" ? 4 : 100))
                .Append(Given("unknown", Gen.String[0, 3], 1)));
        var headers = Several(
            parameters.Where(parameter => parameter.In == "header")
                .Select(parameter => Given(parameter.Name, parameter.Values, parameter.Name == "If-Match" ? 1 : 6)));
        path = path.Replace("{id}", "{run}", StringComparison.Ordinal);
        var spelling = Gen.Frequency(
            (8, Gen.Const(path)),
            (path.Contains("{run}", StringComparison.Ordinal) ? 2 : 0, Gen.String[1, 8].Select(Run)),
            (1, OneOf(path + "/", path.ToUpperInvariant(), path.Replace("s", "%73", StringComparison.Ordinal), path + "/0")));
        return Gen.Select(
            Gen.Select(spelling, Method, Who),
            Gen.Select(query, headers),
            Gen.Select(Accept, AcceptEncoding, ContentType),
            (about, given, http) => new Request(
                (string)operation["operationId"]!, about.Item1,
                about.Item2.Length > 0 ? about.Item2 : method.ToUpperInvariant(), about.Item3,
                given.Item1, given.Item2, http.Item1, http.Item2, http.Item3));

        string Run(string id) => path.Replace("{run}", Uri.EscapeDataString(WellFormed(id)), StringComparison.Ordinal);
    }

    /// <summary>Values of a parameter inside, at and outside its bounds.</summary>
    private static Gen<string> Values(JsonNode parameter)
    {
        var schema = parameter["schema"]!;
        if ((string?)schema["type"] == "array")
        {
            schema = schema["items"]!;
        }

        if (schema["anyOf"] is not null)
        {
            return Gen.Frequency(
                (6, OneOf("2026-11-28", "2026-11-28T09:00:00Z", "2026-11-28T09:00:00.1+09:00", "2026-11-28T09:00:00 09:00")),
                (1, OneOf("", "0001-01-01", "9999-12-31T23:59:59-14:00", "2026-02-30", "2026-11-28T25:00:00Z", "now")));
        }

        if ((string)schema["type"]! == "integer")
        {
            var (least, most) = ((long)schema["minimum"]!, (long)schema["maximum"]!);
            return Gen.Frequency(
                (4, Gen.Long[least, most].Select(Text)),
                (2, OneOf(Text(least), Text(most))),
                (2, OneOf(
                    Text(least - 1), Text(most + 1), "", "+1", "1.0", "1e1", " 1", "0x1", "１", "01", "99999999999999999999",
                    "null")));
        }

        return schema["enum"] is { } words
            ? Gen.Frequency((8, OneOf([.. words.AsArray().Select(word => (string)word!)])), (1, OneOf("", "0", "1, 1", "true")))
            : Gen.Frequency(
                (3, OneOf("{tag}", "*", "W/{tag}", "\"other\", {tag}", "/health/live", "/")),
                (2, OneOf("", "\"", "//evil.example", "/\\evil.example", "https://evil.example", "%0d%0a", "/%5c", "/\u0001")),
                (1, Gen.String[0, 12]));

        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private static Gen<(string Name, string Value)[]> Given(string name, Gen<string> values, int often = 6, int of = 10) => Gen.Frequency(
        (of - often, Gen.Const(Array.Empty<(string, string)>())), (often, values.Select(value => new[] { (name, value) })),
        (1, values.Array[2].Select(both => both.Select(value => (name, value)).ToArray())));

    private static Gen<(string Name, string Value)[]> Several(IEnumerable<Gen<(string Name, string Value)[]>> each) =>
        each.Aggregate(
            Gen.Const(Array.Empty<(string, string)>()),
            (before, next) => Gen.Select(before, next, (a, b) => a.Concat(b).ToArray()));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string?> Odd(params string[] values) =>
        Gen.Frequency((6, Gen.Const((string?)null)), (1, OneOf(values).Select(string? (value) => value)));

    /// <summary>Returns the text without lone surrogates, which cannot be escaped.</summary>
    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private enum Credentials
    {
        None,
        Token,
        BadToken,
        Session,
        BadSession,
    }

    private sealed record Request(
        string Operation, string Path, string Method, Credentials Who,
        (string Name, string Value)[] Query, (string Name, string Value)[] Headers,
        string? Accept, string? AcceptEncoding, string? ContentType)
    {
        public HttpRequestMessage ToMessage(Uri gateway, string token, string? session, string tag, string run)
        {
            var query = string.Join('&', Query.Select(pair => $"{pair.Name}={Uri.EscapeDataString(WellFormed(pair.Value))}"));
            var path = Path.Replace("{run}", run, StringComparison.Ordinal);
            var message = new HttpRequestMessage(
                new HttpMethod(Method),
                new Uri(gateway.GetLeftPart(UriPartial.Authority) + path + (query.Length > 0 ? "?" + query : "")));
            foreach (var (name, value) in Headers)
            {
                Add(name, string.Concat(value.Replace("{tag}", tag, StringComparison.Ordinal).Where(c => c is >= ' ' and <= '~')));
            }

            Add("Accept", Accept);
            Add("Accept-Encoding", AcceptEncoding);
            Add("Authorization", Who switch { Credentials.Token => "Bearer " + token, Credentials.BadToken => "Bearer a.b.c", _ => null });
            Add("Cookie", Who switch
            {
                Credentials.Session => "__Host-nclue-session=" + session,
                Credentials.BadSession => "__Host-nclue-session=" + new string('A', 43),
                _ => null,
            });
            if (ContentType is not null && Method != "TRACE")
            {
                message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes("{\"a\":1}"));
                message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
            }

            return message;

            void Add(string name, string? value)
            {
                if (value is not null)
                {
                    message.Headers.TryAddWithoutValidation(name, value);
                }
            }
        }

        public override string ToString() =>
            $"{Method} {Path} ({Who}) ? {string.Join('&', Query)} {string.Join(' ', Headers)} "
            + $"Accept: {Accept}; Accept-Encoding: {AcceptEncoding}; Content-Type: {ContentType}";
    }
}
