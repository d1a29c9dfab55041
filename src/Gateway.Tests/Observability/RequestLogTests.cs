using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Observability.Logging;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Observability;

/// <summary>The log line of each request, from the HTTP request to JSON.</summary>
public sealed class RequestLogTests
{
    private static readonly string[] Properties =
        ["@t", "@mt", "@l", "@tr", "@sp", "Method", "Route", "Status", "DurationMs", "TraceId", "EventId", "SourceContext"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_line_tells_how_a_request_ended_and_nothing_the_caller_made_up()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();
        var page = await gateway.ReadAsync();
        gateway.Client.DefaultRequestHeaders.Add("If-None-Match", page.Headers["ETag"]);
        await gateway.ReadAsync();
        using (await anonymous.GetAsync("/health/live?canary", Ct))
        using (await anonymous.GetAsync("/api/task-runs?token=canary", Ct))
        using (await anonymous.GetAsync("/canary/canary", Ct))
        using (await anonymous.SendAsync(new(new HttpMethod("CANARY"), "/canary"), Ct))
        using (await gateway.Client.GetAsync("/api/task-runs?limit=canary", Ct))
        {
        }

        var lines = await LinesAsync(gateway);

        lines.Select(Text).ShouldBe(
            [
                "Debug GET /api/task-runs 200",
                "Debug GET /api/task-runs 304",
                "Debug GET /health/live 200",
                "Information GET /api/task-runs 401",
                "Information GET - 404",
                "Information _OTHER - 404",
                "Information GET /api/task-runs 400",
            ], ignoreOrder: true);
        lines.ShouldAllBe(line => !line.ToString().Contains("canary"));
        lines.ShouldAllBe(line => !line.EnumerateObject().Select(property => property.Name).Except(Properties).Any());
        lines.ShouldAllBe(
            line => line.GetProperty("@mt").GetString() == "{Method} {Route}: {Status} after {DurationMs} ms, trace {TraceId}");
        lines.ShouldAllBe(line => line.GetProperty("EventId").ToString() == """{"Id":1,"Name":"Request"}""");
        lines.ShouldAllBe(line => line.GetProperty("DurationMs").GetDouble() > 0);
    }

    [Fact]
    public async Task A_line_has_the_trace_id_of_the_problem()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Keys[GatewayHost.AccessKey] = "another-secret";

        var response = await gateway.ReadAsync();
        var line = (await LinesAsync(gateway)).ShouldHaveSingleItem();

        Text(line).ShouldBe("Warning GET /api/task-runs 502");
        line.GetProperty("TraceId").GetString().ShouldBe((string?)response.Json["traceId"]);
    }

    [Fact]
    public async Task A_caller_that_leaves_is_no_error()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var leaving = new CancellationTokenSource();
        var reading = gateway.Client.GetAsync("/api/task-runs?index=100", leaving.Token);
        await gateway.UntilWaitingAsync(1);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => reading);

        var lines = await LinesAsync(gateway);

        Text(lines.ShouldHaveSingleItem()).ShouldBe("Debug GET /api/task-runs 499");
    }

    /// <summary>After the response has started no problem can be sent, and the status does not show the failure.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_fails_after_its_response_has_started_is_an_error(bool isAtOnce)
    {
        using var output = new CapturedLog();
        await using var app = await StartAsync(output, async context =>
        {
            await context.Response.StartAsync(Ct);
            await (isAtOnce ? Task.CompletedTask : context.Response.Body.FlushAsync(Ct));
            throw new InvalidOperationException("it failed");
        });
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(app.Urls.Single()) };

        await Should.ThrowAsync<HttpRequestException>(() => client.GetStringAsync("/", Ct));
        await app.DisposeAsync();

        Text(output.Events(RequestLogging.Category).ShouldHaveSingleItem()).ShouldBe("Error GET - 200");
    }

    /// <summary>A refused request does not wait for a slow log either.</summary>
    [Fact]
    public async Task Lines_are_written_behind_the_requests()
    {
        using var output = new CapturedLog();
        await using var app = await StartAsync(output, null);
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(app.Urls.Single()) };

        output.IsHeld = true;
        for (var i = 0; i < 21; i++)
        {
            using var response = await client.GetAsync("/", Ct);
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        output.IsHeld = false;
        await app.DisposeAsync();

        output.Events(RequestLogging.Category).Count.ShouldBe(21);
    }

    private static async Task<WebApplication> StartAsync(CapturedLog output, RequestDelegate? response)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.AddLogs([]);
        builder.Services.AddMetrics().AddSingleton(TimeProvider.System).AddKeyedSingleton<TextWriter>(LoggingSetup.Output, output);
        var app = builder.Build();
        app.UseRequestLogging();
        if (response is not null)
        {
            app.Run(response);
        }

        await app.StartAsync(Ct);
        return app;
    }

    /// <summary>Returns the lines of all requests until the gateway ends, without that of the host's first request.</summary>
    private static async Task<List<JsonElement>> LinesAsync(GatewayHost gateway)
    {
        await gateway.StopAsync();
        gateway.Services.GetRequiredService<LogPipeline>().Dispose();
        return [.. gateway.Written.Events(RequestLogging.Category).Skip(1)];
    }

    private static string Text(JsonElement line) =>
        $"{(line.TryGetProperty("@l", out var level) ? level.GetString() : "Information")} "
        + string.Join(
            ' ',
            new[] { "Method", "Route", "Status" }.Select(
                name => line.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.ToString() : "-"));
}
