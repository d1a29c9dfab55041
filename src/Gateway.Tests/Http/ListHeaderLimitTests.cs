using System.Diagnostics;
using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http;

/// <summary>List headers that are slow to parse.</summary>
public sealed class ListHeaderLimitTests
{
    /// <summary>Every request header that the gateway, the framework or a library reads, and some that none of them reads.</summary>
    private static readonly string[] Headers =
    [
        .. RequestLimitsMiddleware.ListHeaders, "Authorization", "Cookie", "Content-Type", "Origin", "Access-Control-Request-Headers",
        "If-Modified-Since", "If-Range", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "traceparent",
        "tracestate", "baggage", "User-Agent", "Referer", "X-CSRF", "Connection",
    ];

    private static readonly string[] Paths = ["/", "/api/task-runs", "/openapi/v1.json", "/swagger/index.css", "/session", "/metrics"];

    /// <summary>
    /// Separators, quality values and quotes. At every position of a list of these, a parser finds no element or an
    /// unexpected one.
    /// </summary>
    private static readonly string[] Repeated = [",", "q=", "\"\\", "W/\"", "a=b;"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_of_more_than_1000_characters_counts_as_not_sent()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var tag = (await gateway.ReadAsync()).Headers["ETag"];
        foreach (var (path, name, value, read, ignored) in new[]
        {
            ("/", "Accept", "text/html", HttpStatusCode.OK, HttpStatusCode.OK),
            ("/api/task-runs", "Accept", "text/html", HttpStatusCode.NotAcceptable, HttpStatusCode.OK),
            ("/api/task-runs", "If-None-Match", tag, HttpStatusCode.NotModified, HttpStatusCode.OK),
            ("/api/task-runs", "If-Match", "\"other\"", HttpStatusCode.PreconditionFailed, HttpStatusCode.OK),
            ("/openapi/v1.json", "If-Match", "\"other\"", HttpStatusCode.PreconditionFailed, HttpStatusCode.OK),
            ("/swagger/swagger-ui.css", "If-Match", "\"other\"", HttpStatusCode.PreconditionFailed, HttpStatusCode.OK),
        })
        {
            (await StatusAsync(gateway, path, name, Padded(value, 1_000))).ShouldBe(read, $"{path} {name}");
            (await StatusAsync(gateway, path, name, Padded(value, 1_001))).ShouldBe(ignored, $"{path} {name}");
            (await StatusAsync(gateway, path, name, value, Padded(value, 900), Padded(value, 900)))
                .ShouldBe(ignored, $"{path} {name} in lines");
        }
    }

    [Fact]
    public async Task What_is_ignored_decides_neither_the_form_nor_the_coding()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();
        foreach (var (path, name, value, length, form) in new[]
        {
            ("/", "Accept", "text/html", 1_000, "text/html "),
            ("/", "Accept", "text/html", 1_001, "application/json "),
            ("/swagger/swagger-ui.css", "Accept-Encoding", "gzip", 1_000, "text/css gzip"),
            ("/swagger/swagger-ui.css", "Accept-Encoding", "gzip", 1_001, "text/css "),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(name, Padded(value, length)).ShouldBeTrue();
            using var response = await anonymous.SendAsync(request, Ct);

            $"{response.Content.Headers.ContentType!.MediaType} {response.Content.Headers.ContentEncoding.SingleOrDefault()}"
                .ShouldBe(form);
        }
    }

    /// <summary>
    /// Five such requests cost about 5 ms of a processor; one that is parsed in quadratic time costs 1 to 3 s. The processor time of the
    /// gateway's process is measured, so that the load of the machine does not matter.
    /// </summary>
    [Fact]
    [Trait("Needs", "Processes")]
    public async Task No_header_of_30_kB_costs_much()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        var settings = GatewayProgram.Good(issuer);
        settings["ASPNETCORE_ENVIRONMENT"] = "Development"; // browser sign-in without a public origin
        settings["Auth__Session__ClientId"] = "browser";
        settings["Auth__Session__ClientSecret"] = "canary-of-a-secret";
        settings["Auth__AllowedOrigins__0"] = "https://app.example.com";
        settings["Http__KnownProxies__0"] = "127.0.0.1";
        settings["Cache__WaitFor"] = "00:00:00"; // NCLUE cannot be reached
        settings["Quota__Burst"] = "100000";
        using var gateway = GatewayProgram.Start(settings);
        try
        {
            var address = await GatewayProgram.ReadAddressAsync(gateway, []);
            var log = gateway.StandardOutput.ReadToEndAsync(Ct);
            var errors = gateway.StandardError.ReadToEndAsync(Ct);
            using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = address };
            foreach (var path in Paths)
            {
                foreach (var header in Headers)
                {
                    var cost = await CostAsync(gateway, client, path, header, issuer.Issue());
                    cost.ShouldBeLessThan(TimeSpan.FromMilliseconds(500), $"{path} with {header}");
                }
            }
        }
        finally
        {
            gateway.Kill();
        }
    }

    /// <summary>Measures five requests. The minimum of two runs excludes code that the runtime compiles meanwhile.</summary>
    private static async Task<TimeSpan> CostAsync(Process gateway, HttpClient client, string path, string header, string token)
    {
        var least = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < 2 && least > TimeSpan.FromMilliseconds(100); attempt++)
        {
            gateway.Refresh();
            var before = gateway.TotalProcessorTime;
            foreach (var text in Repeated)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.TryAddWithoutValidation(header, string.Concat(Enumerable.Repeat(text, 28_000 / text.Length)) + 'x');
                if (header != "Authorization" && path.StartsWith("/api", StringComparison.Ordinal))
                {
                    request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
                }

                using var response = await client.SendAsync(request, Ct);
                response.StatusCode.ShouldNotBe(HttpStatusCode.InternalServerError);
            }

            gateway.Refresh();
            least = TimeSpan.FromTicks(Math.Min(least.Ticks, (gateway.TotalProcessorTime - before).Ticks));
        }

        return least;
    }

    /// <summary>Returns a list with the same meaning and a given length.</summary>
    private static string Padded(string value, int length) => value + ", " + new string('x', length - value.Length - 2);

    private static async Task<HttpStatusCode> StatusAsync(GatewayHost gateway, string path, string name, params string[] lines)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation(name, lines).ShouldBeTrue();
        using var response = await gateway.Client.SendAsync(request, Ct);
        return response.StatusCode;
    }
}
