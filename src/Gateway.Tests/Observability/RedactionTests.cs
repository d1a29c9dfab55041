using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NclueGateway.Observability.Audit;
using NclueGateway.Observability.Logging;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Observability;

/// <summary>The log contains no secret, in no part of an event, and all other text is unchanged.</summary>
public sealed class RedactionTests
{
    private const string Jwt = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";

    /// <summary>Parts of an event in which the value of a secret setting may occur.</summary>
    private static readonly Dictionary<string, Action<ILogger, string>> Places = new()
    {
        ["message"] = (log, secret) => WrittenLogs.Write(log, null, $"it is {secret}!", []),
        ["property"] = (log, secret) => WrittenLogs.Write(log, null, "it is {It}", secret),
        ["part of a property"] = (log, secret) => WrittenLogs.Write(log, null, "it is {It}", $"/path?key={secret}&more"),
        ["formatted"] = (log, secret) => WrittenLogs.Write(log, null, "it is {It:x}", secret),
        ["structure"] = (log, secret) => WrittenLogs.Write(log, null, "it is {@It}", new { Deep = new { Down = new[] { secret } } }),
        ["name in a table"] = (log, secret) => WrittenLogs.Write(log, null, "it is {It}", new Dictionary<string, int> { [secret] = 1 }),
        ["object"] = (log, secret) => WrittenLogs.Write(log, null, "it is {It}", new Named(secret)),
        ["exception"] = (log, secret) => WrittenLogs.Write(log, new InvalidOperationException(secret), "it failed", []),
        ["inner exception"] = (log, secret) => WrittenLogs.Write(
            log, new InvalidOperationException("x", new ArgumentException($"<{secret}>")), "it failed", []),
        ["scope"] = (log, secret) =>
        {
            using (log.BeginScope(new Dictionary<string, object> { ["It"] = secret }))
            {
                WrittenLogs.Write(log, null, "it is in the scope", []);
            }
        },
        ["JSON"] = (log, secret) => WrittenLogs.Write(log, null, "it is {It}", JsonSerializer.Serialize(new { it = secret })),
        ["address"] = (log, secret) => WrittenLogs.Write(
            log, null, "it is {It}", $"https://id.example.com/?it={Uri.EscapeDataString(secret)}"),
        ["form"] = (log, secret) => WrittenLogs.Write(log, null, "it is {It}", $"it={WebUtility.UrlEncode(secret)}"),
        ["base64"] = (log, secret) => WrittenLogs.Write(log, null, "it is {It}", Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))),
    };

    public static TheoryData<string, string> PlacesAndForms()
    {
        var data = new TheoryData<string, string>();
        foreach (var place in Places.Keys)
        {
            data.Add("Production", place);
            if (place != "scope") // readable lines contain only the properties in their message
            {
                data.Add("Development", place);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(PlacesAndForms))]
    public async Task The_value_of_a_secret_setting_is_in_no_part_of_an_event(string environment, string place)
    {
        string[] secrets =
        [
            "plain-canary", "with \"quotes\" canary", @"back\slash\canary", "canary+/=&<>'%", "비밀canary열쇠",
            "canary\ttab", "9876543210",
        ];
        await using var logs = new WrittenLogs(new Dictionary<string, string?>(), environment);
        logs.Redactor.Add(secrets); // one has a tab, which settings do not allow
        var earlier = 0;
        foreach (var secret in secrets)
        {
            Places[place](logs.Log(), secret);

            var text = logs.Text()[earlier..]; // waits for the queues, which are written every 20 ms
            earlier += text.Length;
            text.ShouldContain("it ");
            text.ShouldContain(Redactor.Mark, Case.Sensitive, secret);
            text.ShouldNotContain("canary");
            text.ShouldNotContain("98765");
            (environment == "Development" || WrittenLogs.Parse(text).Length == 1).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("Nclue:AccessKey", "canary-canary", "canary-canary")]
    [InlineData("Nclue:SecretKey", "canary-canary", "canary-canary")]
    [InlineData("Auth:Session:ClientSecret", "canary-canary", "canary-canary")]
    [InlineData("ConnectionStrings:Redis", "127.0.0.1:9,abortConnect=false,Password = canary=canary,ssl=false", "canary=canary")]
    public async Task Every_setting_that_is_secret_is_looked_for_in_every_category(string key, string value, string secret)
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>
        {
            ["Auth:Session:ClientId"] = "gateway",
            ["Auth:Session:AllowUnencryptedKeys"] = "true",
            ["Http:PublicOrigin"] = "https://gateway.example.com",
            [key] = value,
        });

        foreach (var category in new[] { "NclueGateway.Access", "Microsoft.AspNetCore.Server.Kestrel", "Yarp", AuditEvent.Category })
        {
            WrittenLogs.Write(logs.Log(category), null, "it is {It}", $"[{secret}]");
        }

        logs.Events().Select(e => e.GetProperty("It").GetString()).ShouldBe(Enumerable.Repeat("[[redacted]]", 4));
    }

    /// <summary>
    /// The framework's own event of a request, which contains the query. It is written only at a level that is not used
    /// in production.
    /// </summary>
    [Fact]
    [Trait("Needs", "Processes")]
    public async Task The_process_writes_no_secret_of_a_query()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        var settings = GatewayProgram.Good(issuer);
        settings["Serilog__MinimumLevel__Override__Microsoft.AspNetCore.Hosting.Diagnostics"] = "Information"; // off by default
        using var gateway = GatewayProgram.Start(settings);
        var address = (await GatewayProgram.ReadAddressAsync(gateway, []))!;
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address };

        var path = $"/health/live?key={settings["Nclue__SecretKey"]}&code=the-code&page=7";
        (await client.GetAsync(path, TestContext.Current.CancellationToken)).Dispose();
        var written = "";
        while (!written.Contains("page=7", StringComparison.Ordinal))
        {
            written += await gateway.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        }

        gateway.Kill();
        written += await gateway.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        written.ShouldContain("?key=[redacted]&code=[redacted]&page=7");
        written.ShouldNotContain("canary");
        written.ShouldNotContain("the-code");
    }

    [Fact]
    public async Task Each_line_of_a_certificate_is_a_secret_and_its_frame_is_none()
    {
        using var certificate = SelfSignedCertificate.Create();
        var pem = certificate.ExportCertificatePem();
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());
        logs.Redactor.Add([pem]);

        logs.Write("{It}", pem);
        logs.Write("{It}", pem.Split('\n')[2]);
        logs.Write("{It}", pem.Split('\n')[0]);

        logs.Events().Select(e => e.GetProperty("It").GetString()).ShouldBe(["[redacted]", "[redacted]", "-----BEGIN CERTIFICATE-----"]);
    }

    [Fact]
    public async Task A_new_value_is_looked_for_and_the_old_one_still()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?> { ["Nclue:SecretKey"] = "first-canary" });

        logs.Write("{Old} and {New}", "first-canary", "second-canary");
        logs.Text(); // the first event has been redacted
        logs.Redactor.Add(["second-canary"]);
        logs.Write("{Old} and {New}", "first-canary", "second-canary");

        logs.Events().Select(e => $"{e.GetProperty("Old")} {e.GetProperty("New")}")
            .ShouldBe(["[redacted] second-canary", "[redacted] [redacted]"]);
    }

    [Theory]
    [InlineData("the key ncp_iam_BPAMKR1a2B3c4D5e was refused", "the key [redacted] was refused")]
    [InlineData("Authorization: Bearer " + Jwt, "Authorization: Bearer [redacted]")]
    [InlineData("token " + Jwt + ", next", "token [redacted], next")]
    [InlineData("two\n" + Jwt + "\n" + Jwt, "two\n[redacted]\n[redacted]")]
    [InlineData("Bearer 2YotnFZFEjr1zCsicMWpAA is opaque", "Bearer [redacted] is opaque")]
    [InlineData("bearer%202YotnFZFEjr1zCsicMWpAA", "bearer%20[redacted]")]
    [InlineData("Basic Z2F0ZXdheTpjYW5hcnk=", "Basic [redacted]")]
    [InlineData("Cookie: a=b; __Host-nclue-session=Zm9vYmFy; c=d", "Cookie: a=b; __Host-nclue-session=[redacted]; c=d")]
    [InlineData(
        "GET /session/callback?code=abc&state=def&iss=https://id.example.com",
        "GET /session/callback?code=[redacted]&state=[redacted]&iss=https://id.example.com")]
    [InlineData("POST /token?client_secret=a%20b", "POST /token?client_secret=[redacted]")]
    public async Task What_looks_like_a_secret_is_taken_out(string text, string expected)
    {
        await using var json = new WrittenLogs(new Dictionary<string, string?>());
        await using var readable = new WrittenLogs(new Dictionary<string, string?>(), "Development");

        json.Write("it: {It}", text);
        readable.Write("it: {It}", text);

        json.Events()[0].GetProperty("It").GetString().ShouldBe(expected);
        readable.Text().ShouldContain("it: " + expected + " <");
    }

    [Theory]
    [InlineData("Bearer authentication failed: the token is expired")]
    [InlineData("AuthenticationScheme: Bearer was challenged. Basic understanding")]
    [InlineData("the survey Journey eyJournal")]
    [InlineData("state=Opened, code=OK")]
    [InlineData("/api/task-runs?index=0&limit=20&encode=no")]
    [InlineData("secret-kez, ecret-key, SECRET-KEY")]
    [InlineData("Straße \"quoted\" \\ 모델 \u001b\n\t")]
    public async Task Ordinary_text_stays_as_it_is(string text)
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());

        WrittenLogs.Write(logs.Log(), new InvalidOperationException(text), "it: {It}", text);

        logs.Events()[0].GetProperty("It").GetString().ShouldBe(text);
        logs.Events()[0].GetProperty("@x").GetString().ShouldBe("System.InvalidOperationException: " + text);
    }

    /// <summary>A short secret would be found in ordinary words: the log would be useless, and would reveal the secret.</summary>
    [Fact]
    public async Task A_secret_of_less_than_six_characters_is_not_looked_for()
    {
        await using var logs = new WrittenLogs(
            new Dictionary<string, string?> { ["Nclue:AccessKey"] = "short", ["Nclue:SecretKey"] = "longer" });

        logs.Write("{It}", "short and longer");

        logs.Events()[0].GetProperty("It").GetString().ShouldBe("short and [redacted]");
    }

    /// <summary>A line of JSON stays valid JSON for any secret, so that no password breaks a reader of the log.</summary>
    [Theory]
    [InlineData("1234567")] // inside a number
    [InlineData(":12345678,")] // spans several values
    [InlineData("\"Status\":2")]
    [InlineData("canary\\")] // ends in the first character of an escape
    [InlineData("\\n\\n\\n")]
    [InlineData("\\foobar")] // begins in the second half of an escape
    [InlineData("nananan")] // after a backslash, and overlapping itself
    [InlineData("{Kind}:")]
    [InlineData("Information")]
    public async Task A_line_stays_JSON_with_any_secret(string secret)
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?> { ["Nclue:SecretKey"] = secret });
        var happened = new AuditEvent(new("Index", "Limit"))
        {
            Kind = AuditKind.Read,
            Outcome = "answered",
            Status = 200,
            Subject = $"a{secret}b\\{secret}\"canary\"",
            Parameters = [12345678, 2],
        };

        happened.WriteTo(logs.Log(AuditEvent.Category));
        logs.Text();
        logs.Write("{Text}", "canary\"\\\n\\nanananan \u0001 \\\foobar");

        logs.Events().Length.ShouldBe(2);
        logs.Events()[0].GetProperty("Subject").GetString()!.ShouldNotContain(secret);
        logs.Events()[0].GetProperty("Outcome").GetString().ShouldBe("answered");
        logs.Events()[0].GetProperty("Status").GetInt32().ShouldBe(200);
    }

    [Fact]
    public async Task A_number_that_holds_a_secret_becomes_text_and_others_stay_numbers()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?> { ["Nclue:SecretKey"] = "987654" });

        logs.Write("{It} {Other} {Last}", 12_987_654_321, 98_765, -987_654);

        logs.Events()[0].GetProperty("It").GetString().ShouldBe("[redacted]");
        logs.Events()[0].GetProperty("Other").GetInt32().ShouldBe(98_765);
        logs.Events()[0].GetProperty("Last").GetString().ShouldBe("[redacted]");
    }

    private sealed class Named(string text)
    {
        public override string ToString() => text;
    }
}
