using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Upstream;

/// <summary>Classification of NCP's responses (the tables of nclue-api.md §2.3 and §2.4).</summary>
public sealed class NclueResponseClassifierTests
{
    private const string Canary = "ncp_iam_CANARY";

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Only_200_is_a_success()
    {
        var outcome = Read(200, "anything");

        outcome.Failure.ShouldBeNull();
        Encoding.UTF8.GetString(outcome.Body.Span).ShouldBe("anything");
    }

    [Theory]
    [InlineData(400, 100, nameof(NclueFailureKind.ServerError))]
    [InlineData(401, 200, nameof(NclueFailureKind.CredentialsRefused))]
    [InlineData(401, 210, nameof(NclueFailureKind.CredentialsRefused))]
    [InlineData(401, 401, nameof(NclueFailureKind.CredentialsRefused))]
    [InlineData(401, 10100, nameof(NclueFailureKind.CredentialsRefused))]
    [InlineData(401, null, nameof(NclueFailureKind.CredentialsRefused))]
    [InlineData(403, 230, nameof(NclueFailureKind.CredentialsRefused))]
    [InlineData(403, null, nameof(NclueFailureKind.CredentialsRefused))]
    [InlineData(404, 300, nameof(NclueFailureKind.CredentialsRefused))]
    [InlineData(404, 10106, nameof(NclueFailureKind.CredentialsRefused))]
    [InlineData(413, 430, nameof(NclueFailureKind.ServerError))]
    [InlineData(422, 10101, nameof(NclueFailureKind.ServerError))]
    [InlineData(429, 400, nameof(NclueFailureKind.QuotaExceeded))]
    [InlineData(429, 410, nameof(NclueFailureKind.Throttled))]
    [InlineData(429, 420, nameof(NclueFailureKind.Throttled))]
    [InlineData(429, 999, nameof(NclueFailureKind.Throttled))]
    [InlineData(429, null, nameof(NclueFailureKind.Throttled))]
    [InlineData(500, 900, nameof(NclueFailureKind.ServerError))]
    [InlineData(503, 500, nameof(NclueFailureKind.ServerError))]
    [InlineData(504, 510, nameof(NclueFailureKind.ServerError))]
    [InlineData(502, null, nameof(NclueFailureKind.ServerError))]
    [InlineData(201, null, nameof(NclueFailureKind.ServerError))]
    [InlineData(204, null, nameof(NclueFailureKind.ServerError))]
    [InlineData(206, null, nameof(NclueFailureKind.ServerError))]
    [InlineData(302, null, nameof(NclueFailureKind.ServerError))]
    [InlineData(304, null, nameof(NclueFailureKind.ServerError))]
    public void A_failure_is_told_by_status_and_code(int status, int? code, string kind)
    {
        var failure = Fail(status, code is null ? "" : Body(code.Value));

        failure.Kind.ToString().ShouldBe(kind);
        failure.RetryAfter.ShouldBeNull();
        failure.Detail.ShouldContain(code is null ? $"HTTP {status}" : $"HTTP {status}, code {code}");
    }

    [Theory]
    [InlineData(500, 400)]
    [InlineData(503, 410)]
    [InlineData(400, 400)]
    public void A_code_is_not_mistaken_for_a_status(int status, int code) =>
        Fail(status, Body(code)).Kind.ShouldBe(NclueFailureKind.ServerError);

    [Theory]
    [InlineData(401, 200, 0, "the key pair is probably wrong, disabled or expired")]
    [InlineData(401, 401, 0, "the key pair is probably wrong, disabled or expired")]
    [InlineData(401, null, 0, "the key pair is probably wrong, disabled or expired")]
    [InlineData(401, 200, -299, "the key pair is probably wrong, disabled or expired")]
    [InlineData(401, 200, 299, "the key pair is probably wrong, disabled or expired")]
    [InlineData(401, 200, 300, "its clock is 5 minutes behind NCP's")]
    [InlineData(401, 200, -300, "its clock is 5 minutes ahead of NCP's")]
    [InlineData(401, 210, -32400, "its clock is 540 minutes ahead of NCP's")]
    [InlineData(401, null, 86400, "its clock is 1440 minutes behind NCP's")]
    [InlineData(401, 210, 0, "the key has no permission for NCLUE")]
    [InlineData(401, 230, 0, "the key has no permission for NCLUE")]
    [InlineData(401, 10100, 0, "the key has no permission for NCLUE")]
    [InlineData(403, 230, 0, "the key has no permission for NCLUE")]
    [InlineData(403, null, 0, "the key has no permission for NCLUE")]
    [InlineData(404, 300, 0, "the path of Nclue:BaseAddress is probably wrong")]
    [InlineData(404, null, 0, "the path of Nclue:BaseAddress is probably wrong")]
    [InlineData(401, 300, 0, "the path of Nclue:BaseAddress is probably wrong")]
    public void A_refused_key_names_its_likely_cause(int status, int? code, int upstreamAheadSeconds, string cause) =>
        Fail(
            status,
            code is null ? "" : Body(code.Value),
            ("Date", Now.AddSeconds(upstreamAheadSeconds).ToString("R", CultureInfo.InvariantCulture)))
            .Detail.ShouldEndWith($": {cause}.");

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("0")]
    [InlineData("Mon, 99 Nov 2026 12:00:00 GMT")]
    public void Without_a_readable_date_nothing_is_said_of_the_clock(string date) =>
        Fail(401, "", ("Date", date)).Detail.ShouldNotContain("clock");

    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("007", 7)]
    [InlineData("3600", 3600)]
    [InlineData("2147483647", 2147483647)]
    [InlineData("Mon, 23 Nov 2026 12:00:07 GMT", 7)]
    [InlineData("Tue, 24 Nov 2026 12:00:00 GMT", 86400)]
    [InlineData("Monday, 23-Nov-26 12:00:30 GMT", 30)]
    public void A_pause_can_be_asked_for_in_seconds_and_as_a_date(string retryAfter, int seconds)
    {
        Fail(429, Body(410), ("Retry-After", retryAfter)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(seconds));
        Fail(429, Body(400), ("Retry-After", retryAfter)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("2147483648")]
    [InlineData("99999999999999999999999999999999")]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    public void An_absurdly_long_pause_is_still_a_long_pause(string retryAfter) =>
        Fail(429, Body(410), ("Retry-After", retryAfter)).RetryAfter!.Value.ShouldBeGreaterThan(TimeSpan.FromDays(365));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5")]
    [InlineData("1e3")]
    [InlineData("٣")]
    [InlineData("5 seconds")]
    [InlineData("5, 10")]
    [InlineData("soon")]
    [InlineData("Mon, 23 Nov 2026 12:00:00 GMT")]
    [InlineData("Mon, 23 Nov 2026 11:59:59 GMT")]
    [InlineData("Mon, 01 Jan 0001 00:00:00 GMT")]
    public void Anything_else_asks_for_no_pause(string retryAfter) =>
        Fail(429, Body(410), ("Retry-After", retryAfter)).RetryAfter.ShouldBeNull();

    [Fact]
    public void Two_pauses_ask_for_none()
    {
        var context = new DefaultHttpContext { Response = { StatusCode = 429 } };
        context.Response.Headers.RetryAfter = new(["5", "10"]);

        NclueResponseClassifier.Read(context.Response, default, Now).Failure!.RetryAfter.ShouldBeNull();
    }

    /// <summary>NCP's bodies may repeat the access key; its headers name hosts and traces.</summary>
    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(302)]
    public void No_text_of_the_upstream_gets_into_the_detail(int status)
    {
        string[] bodies =
        [
            Canary,
            $$$"""{"error":{"errorCode":"{{{Canary}}}","message":"{{{Canary}}}","details":"{{{Canary}}}"}}""",
            $$$"""{"error":{"errorCode":"210","message":"{{{Canary}}}"}}""",
            $$$"""{"status":401,"error":"{{{Canary}}}","path":"{{{Canary}}}"}""",
            $"<Error><Code>{Canary}</Code></Error>",
        ];
        foreach (var body in bodies)
        {
            Fail(status, body, ("Retry-After", Canary), ("Date", Canary), ("x-ncp-trace-id", Canary), ("Location", Canary)).Detail
                .ShouldNotContain("CANARY", Case.Insensitive);
        }
    }

    private static string Body(int code) => $$$"""{"error":{"errorCode":"{{{code}}}","message":"x"}}""";

    private static NclueFailure Fail(int status, string body, params (string Name, string Value)[] headers) =>
        Read(status, body, headers).Failure.ShouldNotBeNull();

    private static FetchResult Read(int status, string body, params (string Name, string Value)[] headers)
    {
        var response = new DefaultHttpContext().Response;
        response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            response.Headers[name] = value;
        }

        return NclueResponseClassifier.Read(response, Encoding.UTF8.GetBytes(body), Now);
    }
}
