using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

/// <summary>Bytes beyond ASCII in headers, which are opaque data (RFC 9110 §5.5). Each character of these texts is one byte.</summary>
public sealed class HeaderBytesTests
{
    private const string Latin1 = "S\u00f8rina";
    private const string EucKr = "\u00c8\u00ab\u00b1\u00e6\u00b5\u00bf"; // 홍길동
    private const string Utf8 = "\u00ed\u0099\u008d\u00ea\u00b8\u00b8\u00eb\u008f\u0099"; // 홍길동

    [Fact]
    public async Task A_header_that_is_not_read_may_hold_any_bytes()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var token = $"Authorization: {gateway.Client.DefaultRequestHeaders.Authorization}";
        foreach (var text in new[] { Latin1, EucKr, Utf8, "\u0080\u00ff" })
        {
            foreach (var header in new[]
            {
                $"X-User-Name: {text}", $"Referer: https://app.example.com/{text}", $"Cookie: name={text}", $"Cookie: {text}",
                $"User-Agent: {text}", $"From: {text}", $"baggage: user={text}", $"tracestate: a={text}",
                $"traceparent: {text}", $"Accept-Language: {text}", $"X-Forwarded-For: {text}",
            })
            {
                (await SendAsync(gateway, token, header)).ShouldStartWith("HTTP/1.1 200 ", customMessage: header);
            }
        }
    }

    /// <summary>The gateway parses ASCII only; other bytes are not a token, a tag or a media type.</summary>
    [Fact]
    public async Task What_is_read_must_be_ASCII()
    {
        await using var gateway = await SessionHost.StartAsync(
            ("Http:KnownProxies:0", "127.0.0.1"), ("Auth:AllowedOrigins:0", "https://app.example.com"));
        var token = $"Authorization: {gateway.Client.DefaultRequestHeaders.Authorization}";
        foreach (var (header, status) in new[]
        {
            ("Authorization: Bearer " + Latin1, 401), ("Cookie: __Host-nclue-session=" + Latin1, 401), ("Host: " + Latin1, 400),
            ("If-None-Match: \"" + Latin1 + "\"", 200), ("If-Match: \"" + Latin1 + "\"", 412), ("Accept: " + Latin1, 200),
            ("Accept-Encoding: " + Latin1, 200), ("Origin: https://" + Latin1, 200), ("X-Forwarded-Host: " + Latin1, 200),
            ("X-Forwarded-Proto: " + Latin1, 200), ("Content-Type: " + Latin1, 200),
        })
        {
            var response = await SendAsync(gateway, status == 401 ? [header] : [token, header]);
            response.ShouldStartWith($"HTTP/1.1 {status} ", customMessage: header);
        }
    }

    [Fact]
    public async Task A_cookie_of_another_application_does_not_hide_the_session()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        using var response = await browser.FollowAsync("/session/login");

        var session = "__Host-nclue-session=" + browser.Session;
        foreach (var cookies in new[] { $"name={Latin1}; {session}", $"{session}; name={EucKr}", $"{EucKr}; {session}" })
        {
            (await SendAsync(gateway, "X-CSRF: 1", "Cookie: " + cookies)).ShouldStartWith("HTTP/1.1 200 ", customMessage: cookies);
        }
    }

    private static Task<string> SendAsync(GatewayHost gateway, params string[] headers)
    {
        var host = headers.Any(line => line.StartsWith("Host:", StringComparison.Ordinal)) ? "" : "Host: gateway\r\n";
        return RawHttp.SendAsync(
            gateway.Address,
            $"GET /api/task-runs?limit=1 HTTP/1.1\r\n{host}Connection: close\r\n{string.Join("\r\n", headers)}\r\n\r\n");
    }
}
