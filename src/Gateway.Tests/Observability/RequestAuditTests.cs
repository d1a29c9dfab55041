using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;
using NclueGateway.Tests.Http;

namespace NclueGateway.Tests.Observability;

/// <summary>The audit middleware around test endpoints.</summary>
public sealed class RequestAuditTests : IAsyncLifetime
{
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.AddFakeLogging();
        builder.Services.AddRouting().AddSingleton(TimeProvider.System).AddProblems().AddAudit();
        _app = builder.Build();
        _app.UseRouting();
        _app.UseAudit(_ => ("browser", "alice"));
        _app.UseProblems();
        var audited = _app.MapGroup("").Audited();
        audited.MapGet("/api/broken", (HttpContext _) => throw new InvalidOperationException("canary"));
        audited.MapGet("/api/runs/{id}", (HttpContext context) =>
        {
            var happened = context.Features.Get<AuditEvent>()!;
            happened.Parameters = ["a", true];
            happened.RecordRead("Hit");
        }).Audited("Id", "WithModel");
        audited.MapGet("/session/{kind}", (HttpContext context, string kind) => context.Features.Get<AuditEvent>()!
            .RecordSession(Enum.Parse<AuditKind>(kind), "portal", "bob"));
        audited.MapGet("/session/failed", (HttpContext context) =>
        {
            context.Features.Get<AuditEvent>()!.RecordSession(AuditKind.SignIn, "portal", "bob");
            return new ProblemResult(HttpProblems.InvalidRequest);
        });
        audited.MapGet("/session/step", () => Results.Redirect("/elsewhere"));
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("SignIn", 3)]
    [InlineData("SignOut", 4)]
    [InlineData("BackChannelLogout", 5)]
    public async Task A_session_that_begins_or_ends_is_one_event(string kind, int number)
    {
        using var step = await GetAsync("/session/step");
        using var response = await GetAsync("/session/" + kind);

        var happened = (await EventsAsync()).ShouldHaveSingleItem();

        happened.Id.ShouldBe(new EventId(number, kind));
        happened.Message.ShouldBe($"{kind}: answered for bob of portal at /session/{{kind}}");
    }

    [Fact]
    public async Task An_event_has_the_parameters_of_its_endpoint()
    {
        using var response = await GetAsync("/api/runs/a");

        var happened = (await EventsAsync()).ShouldHaveSingleItem();

        happened.StructuredState!.Where(property => property.Key is not ("DurationMs" or "TraceId"))
            .Select(property => $"{property.Key}={property.Value}")
            .ShouldBe(
            [
                "Kind=Read", "Outcome=answered", "Status=200", "Subject=alice", "Client=browser", "Route=/api/runs/{id}", "Id=a",
                "WithModel=True", "Cache=Hit",
                "{OriginalFormat}={Kind}: {Outcome} for {Subject} of {Client} at {Route}, id {Id}, withModel {WithModel}",
            ]);
    }

    [Fact]
    public async Task A_sign_in_that_fails_is_one_refusal()
    {
        using var response = await GetAsync("/session/failed");

        (await EventsAsync()).ShouldHaveSingleItem().Message
            .ShouldStartWith("Refusal: invalid-request for bob of portal at /session/failed");
    }

    [Fact]
    public async Task A_failure_of_the_gateway_s_own_is_one_refusal_that_keeps_its_route()
    {
        using var response = await GetAsync("/api/broken");
        await response.ShouldBeProblemAsync(HttpProblems.InternalError);

        var happened = (await EventsAsync()).ShouldHaveSingleItem();

        happened.Message.ShouldStartWith("Refusal: internal-error for alice of browser at /api/broken");
        happened.GetStructuredStateValue("Status").ShouldBe("500");
    }

    private async Task<HttpResponseMessage> GetAsync(string path) => await _client.GetAsync(path, TestContext.Current.CancellationToken);

    private async Task<List<FakeLogRecord>> EventsAsync()
    {
        await _app.StopAsync(TestContext.Current.CancellationToken);
        return [.. _app.Services.GetFakeLogCollector().GetSnapshot().Where(entry => entry.Category == AuditEvent.Category)];
    }
}
