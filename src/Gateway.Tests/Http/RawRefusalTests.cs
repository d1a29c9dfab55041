using Microsoft.Extensions.Logging;
using NclueGateway.Http;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

/// <summary>
/// Malformed requests that no HTTP client sends. The responses without a problem are exactly those that
/// <c>docs/problems.md</c> lists.
/// </summary>
public sealed class RawRefusalTests
{
    private const string Head = "Host: gateway\r\nConnection: close\r\n";
    private const string Form = "Content-Type: application/x-www-form-urlencoded\r\n";

    public static TheoryData<string, int> NotRequests => new()
    {
        { "\r\n \r\n\r\n", 400 },
        { "nonsense\r\n\r\n", 400 },
        { "GET\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 }, // without Host
        { "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
        { $"GET / HTTP/1.1\r\n{Head}Bad name: x\r\n\r\n", 400 },
        { $"GET / HTTP/1.1\r\n{Head}X: a\0b\r\n\r\n", 400 },
        { $"GET / HTTP/1.1\r\n{Head}X: a\r\n folded\r\n\r\n", 400 },
        { $"GET /%00 HTTP/1.1\r\n{Head}\r\n", 400 },
        { $"POST / HTTP/1.1\r\n{Head}Content-Length: x\r\n\r\n", 400 },
        { $"POST / HTTP/1.1\r\n{Head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400 },
        { $"POST / HTTP/1.1\r\n{Head}Transfer-Encoding: gzip\r\n\r\n", 400 },
        { $"POST / HTTP/1.0\r\n{Head}\r\n", 400 },
        { $"GET * HTTP/1.1\r\n{Head}\r\n", 405 },
        { $"GET gateway:80 HTTP/1.1\r\n{Head}\r\n", 405 },
        { $"GET /{new string('a', RequestLimits.RequestLine)} HTTP/1.1\r\n{Head}\r\n", 414 },
        { $"GET / HTTP/1.1\r\n{Head}X: {new string('a', RequestLimits.AllHeaders)}\r\n\r\n", 431 },
        { $"GET / HTTP/1.1\r\n{Head}{string.Concat(Enumerable.Repeat("X: a\r\n", RequestLimits.HeaderCount))}\r\n", 431 },
        { $"GET / HTTP/2.0\r\n{Head}\r\n", 505 },
        { $"GET / HTTP/1.2\r\n{Head}\r\n", 505 },
    };

    [Fact]
    public async Task What_is_no_request_is_refused_as_the_document_lists_it()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var statuses = new HashSet<int> { 408 }; // see below
        foreach (var (request, status) in NotRequests.Select(row => row.Data))
        {
            var response = await RawHttp.SendAsync(gateway.Address, request);

            response.ShouldStartWith($"HTTP/1.1 {status} ", customMessage: request.Length > 100 ? request[..100] : request);
            response.ShouldContain("\r\nContent-Length: 0\r\n");
            response.ShouldContain("\r\nConnection: close\r\n");
            response.ShouldEndWith("\r\n\r\n");
            statuses.Add(status);
        }

        ProblemTypes.BeforeAnyRequest.Select(refusal => refusal.Status).ShouldBe(statuses, ignoreOrder: true);
    }

    [Fact]
    [Trait("Needs", "RealTime")]
    public async Task Headers_and_bodies_that_do_not_come_are_waited_for_a_while()
    {
        await using var gateway = await SessionHost.StartAsync();

        var responses = await Task.WhenAll(
            RawHttp.SendAsync(gateway.Address, "GET / HTTP/1.1\r\nHost: gateway\r\n"),
            RawHttp.SendAsync(
                gateway.Address,
                $"POST /session/backchannel-logout HTTP/1.1\r\n{Head}{Form}Content-Length: 100\r\n\r\nlogout"));

        responses[0].ShouldStartWith("HTTP/1.1 408 ");
        responses[0].ShouldEndWith("\r\n\r\n");
        responses[1].ShouldStartWith("HTTP/1.1 408 ");
        responses[1].ShouldContain("\r\nContent-Type: application/problem+json\r\n");
        responses[1].ShouldContain("\"type\":\"/problems/invalid-request\"");
        HttpProblems.InvalidRequest.OtherStatuses.ShouldContain(other => other.Status == 408);
    }

    [Theory]
    [InlineData("POST /session/backchannel-logout", Form, "logout_token=x", 400)]
    [InlineData("POST /session/backchannel-logout", Form + "Content-Length: 20000\r\n", "logout_token=x", 413)]
    [InlineData("POST /session/backchannel-logout", Form + "Transfer-Encoding: chunked\r\n", "x\r\n", 400)]
    [InlineData("POST /session/backchannel-logout", Form + "Transfer-Encoding: chunked\r\n", "CHUNK", 413)]
    [InlineData("POST /session/backchannel-logout", Form + "Content-Length: 6000\r\n", "MANY", 400)] // more fields than a form may have
    [InlineData("POST /session/backchannel-logout", Form + "Content-Length: 6000\r\n", "LONG", 400)] // a longer name than a form may have
    [InlineData("POST /session/backchannel-logout", "Content-Type: multipart/form-data\r\nContent-Length: 1\r\n", "x", 400)]
    [InlineData("POST /session/backchannel-logout", "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1\r\n", "x", 400)]
    [InlineData("POST /session/backchannel-logout", "Content-Type: image/png\r\nContent-Length: 1\r\n", "x", 400)]
    [InlineData("GET /api/task-runs?limit=0", "", "", 400)]
    [InlineData("GET /session/login?returnUrl=x", "", "", 400)]
    public async Task Every_status_of_an_invalid_request_is_one_of_those_listed(string line, string headers, string body, int status)
    {
        await using var gateway = await SessionHost.StartAsync();
        var token = gateway.Client.DefaultRequestHeaders.Authorization;
        var content = body switch
        {
            "MANY" => string.Concat(Enumerable.Repeat("a&", 3000)),
            "CHUNK" => "5000\r\n" + new string('a', 0x5000) + "\r\n0\r\n\r\n",
            "LONG" => new string('a', 6000),
            _ => body,
        };
        var length = headers.Contains("Content-Length")
            || headers.Contains("Transfer")
            || body.Length == 0 ? "" : $"Content-Length: {body.Length}\r\n";

        var response = await RawHttp.SendAsync(
            gateway.Address, $"{line} HTTP/1.1\r\n{Head}Authorization: {token}\r\n{headers}{length}\r\n{content}");

        response.ShouldStartWith($"HTTP/1.1 {status} ");
        response.ShouldContain("\"type\":\"/problems/invalid-request\"");
        HttpProblems.InvalidRequest.OtherStatuses.Select(other => other.Status)
            .Prepend(HttpProblems.InvalidRequest.Status)
            .ShouldContain(status);
    }

    [Fact]
    public async Task No_body_however_it_is_sent_is_an_error_of_the_gateway()
    {
        await using var gateway = await SessionHost.StartAsync();
        string[] charsets =
        [
            "utf-7", "\"UTF-7\"", "unicode-1-1-utf-7", "65000", "utf-16", "utf-32BE", "iso-8859-1", "euc-kr", "x", "\"",
            "utf-8; charset=utf-7",
        ];
        string[] chunks =
        [
            "FFFFFFFFFFFFFFFF", "100000000", "FFFFFFFF", "80000000", "-1", "0x1", "1;a=\"", "", " 1",
            new string('0', 5_000) + "1",
        ];
        string[] forms = ["%", "%zz", "%00=%ff%fe&logout_token=%ed%a0%80", "\0\x80\xff", "logout_token", "&&=&=", "+=+", "\xfe\xff\0l\0o"];
        IEnumerable<(string Headers, string Body)> bodies =
        [
            .. charsets.Select(charset => ($"{Form[..^2]}; charset={charset}\r\nContent-Length: 14\r\n", "logout_token=x")),
            .. chunks.Select(size => ($"{Form}Transfer-Encoding: chunked\r\n", $"{size}\r\nx\r\n0\r\n\r\n")),
            .. forms.Select(form => ($"{Form}Content-Length: {form.Length}\r\n", form)),
            .. new[] { "gzip", "br", "deflate", "x" }.Select(coding => ($"{Form}Content-Encoding: {coding}\r\nContent-Length: 1\r\n", "x")),
            ($"{Form}Expect: 200-ok\r\nContent-Length: 1\r\n", "x"),
            ($"{Form}{Form}Content-Length: 1\r\n", "x"),
            ("Content-Length: 1\r\n", "x"),
        ];

        foreach (var line in new[]
        {
            "POST /session/backchannel-logout", "POST /session/logout", "POST /session/callback", "POST /api/task-runs", "POST /nowhere",
        })
        {
            var responses = await Task.WhenAll(bodies.Select(async body =>
            {
                var request = $"{line} HTTP/1.1\r\n{Head}{body.Headers}\r\n{body.Body}";
                return (Body: body, Text: await RawHttp.SendAsync(gateway.Address, request));
            }));
            foreach (var (body, text) in responses)
            {
                text.ShouldStartWith("HTTP/1.1 4", customMessage: $"{line} {body}");
                if (line.EndsWith("backchannel-logout", StringComparison.Ordinal))
                {
                    text.ShouldMatch("^HTTP/1.1 4(00|13|17) ", customMessage: $"{line} {body}");
                }
            }
        }

        gateway.Logs.GetSnapshot()
            .Where(log => log.Level >= LogLevel.Error)
            .Select(log => $"{log.Category} {log.Message} {log.Exception}")
            .ShouldBeEmpty();
    }
}
