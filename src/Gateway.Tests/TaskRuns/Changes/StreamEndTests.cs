using System.Net;
using Microsoft.Extensions.Logging.Testing;
using NclueGateway.Observability.Audit;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>The limits and the planned ends of streams.</summary>
public sealed class StreamEndTests
{
    private const string Changes = "/api/task-runs/changes";

    [Fact]
    public async Task A_stream_ends_after_its_time_and_says_so()
    {
        await using var gateway = await StartAsync(("Changes:StreamFor", "00:01:00"));
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client);
        var position = (await reader.NextAsync("bookmark")).EventId;
        var opened = gateway.Clock.GetUtcNow();

        gateway.Clock.Advance(TimeSpan.FromSeconds(50));
        var end = await gateway.LetPassUntilAsync(reader.NextAsync("end"));

        (gateway.Clock.GetUtcNow() - opened).ShouldBeInRange(TimeSpan.FromSeconds(54), TimeSpan.FromSeconds(70));
        (end.Data, end.EventId).ShouldBe(("""{"reason":"time"}""", position));
        (await reader.NextAsync()).ShouldBeNull();
        await gateway.UntilOpenAsync(0);
    }

    [Fact]
    public async Task A_stream_ends_when_the_token_expires()
    {
        await using var gateway = await StartAsync();
        using var client = gateway.CreateFastClient();
        var token = gateway.Issuer.Issue(draft => draft.Claims["exp"] = gateway.Clock.GetUtcNow().AddMinutes(2).ToUnixTimeSeconds());
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        await using var first = await EventReader.OpenAsync(client); // its token is validated
        await using var second = await EventReader.OpenAsync(client); // its token is cached
        await first.NextAsync("bookmark");
        await second.NextAsync("bookmark");

        gateway.Clock.Advance(TimeSpan.FromSeconds(118));
        await first.NextAsync("bookmark");
        gateway.Clock.Advance(TimeSpan.FromSeconds(3));

        (await first.NextAsync("end")).Data.ShouldBe("""{"reason":"token"}""");
        (await second.NextAsync("end")).Data.ShouldBe("""{"reason":"token"}""");
    }

    [Fact]
    public async Task The_streams_of_a_session_end_soon_after_the_session()
    {
        await using var gateway = await SessionHost.StartAsync();
        await gateway.CompleteAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        using var client = EventSourceOf(gateway, browser);
        await using var one = await EventReader.OpenAsync(client, "", ("Sec-Fetch-Site", "same-origin"));
        await using var two = await EventReader.OpenAsync(client, "", ("Sec-Fetch-Site", "same-origin"));
        await one.NextAsync("bookmark");
        await two.NextAsync("bookmark");

        using (await browser.SendAsync(HttpMethod.Post, "/session/logout"))
        {
        }

        var ended = gateway.LetPassUntilAsync(one.NextAsync("end"));

        (await ended).Data.ShouldBe("""{"reason":"session"}""");
        (await two.NextAsync("end")).Data.ShouldBe("""{"reason":"session"}""");
    }

    [Fact]
    public async Task A_stream_ends_when_the_provider_no_longer_grants_the_permission()
    {
        await using var gateway = await SessionHost.StartAsync();
        await gateway.CompleteAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        using var client = EventSourceOf(gateway, browser);
        await using var reader = await EventReader.OpenAsync(client, "", ("Sec-Fetch-Site", "same-origin"));
        await reader.NextAsync("bookmark");
        gateway.Issuer.SignIn.Granted = asked => asked.Replace("task-runs:read", "", StringComparison.Ordinal);

        gateway.Clock.Advance(TimeSpan.FromMinutes(5));

        (await gateway.LetPassUntilAsync(reader.NextAsync("end"))).Data.ShouldBe("""{"reason":"permission"}""");
    }

    [Fact]
    public async Task At_a_shutdown_the_ends_are_spread_over_the_drain_delay()
    {
        await using var gateway = await StartAsync(("Operations:DrainDelay", "00:00:10"), ("Quota:Streams", "100"));
        using var client = gateway.CreateFastClient();
        var readers = new List<EventReader>();
        for (var count = 0; count < 40; count++)
        {
            readers.Add(await EventReader.OpenAsync(client));
            await readers[^1].NextAsync("bookmark");
        }

        var waiting = gateway.AskAsync(
            $"{(await gateway.AskAsync(Changes)).Link("next")}&wait=25");
        await gateway.UntilOpenAsync(41);
        var stopped = StopAsync();
        var ends = readers.Select(reader => reader.NextAsync("end")).ToList();

        await gateway.LetPassUntilAsync(Task.WhenAny(ends));

        ends.ShouldContain(end => !end.IsCompleted);
        (await gateway.LetPassUntilAsync(Task.WhenAll(ends))).ShouldAllBe(end => end.Data == """{"reason":"drain"}""");
        (await waiting).Json["changes"]!.AsArray().ShouldBeEmpty();
        await gateway.LetPassUntilAsync(stopped);
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }

        async Task<bool> StopAsync()
        {
            await gateway.StopAsync();
            return true;
        }
    }

    [Fact]
    public async Task One_caller_has_so_many_streams_and_waiting_polls_and_all_together_so_many()
    {
        await using var gateway = await StartAsync(("Quota:Streams", "2"), ("Changes:MaxStreams", "3"));
        using var alice = gateway.CreateFastClient();
        using var bob = gateway.CreateFastClient();
        bob.DefaultRequestHeaders.Authorization = gateway.CreateClient("bob").DefaultRequestHeaders.Authorization;
        using var carol = gateway.CreateFastClient();
        carol.DefaultRequestHeaders.Authorization = gateway.CreateClient("carol").DefaultRequestHeaders.Authorization;
        var next = (await gateway.AskAsync(Changes)).Link("next")!;
        await using var first = await EventReader.OpenAsync(alice);
        await using var second = await EventReader.OpenAsync(alice);

        (await gateway.AskAsync($"{next}&wait=25")).Problem.ShouldBe("/problems/caller-quota");
        (await gateway.AskAsync(next)).Status.ShouldBe(HttpStatusCode.OK); // it does not wait
        await using var third = await EventReader.OpenAsync(bob);
        await using var full = await EventReader.OpenAsync(carol);
        full.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ((string?)(await full.ReadProblemAsync())["type"]).ShouldBe("/problems/streams-exhausted");
        full.Header("Retry-After").ShouldNotBeNull();

        await first.NextAsync();
        await first.DisposeAsync();
        await gateway.UntilOpenAsync(2);
        await using var again = await EventReader.OpenAsync(carol);
        again.Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "none", false)]
    [InlineData("Origin", "https://app.example.com", true)]
    [InlineData("Origin", "https://app.example.com:8443", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("X-CSRF", "1", true)]
    [InlineData("Accept-Language", "en", false)]
    public async Task An_EventSource_with_a_session_comes_from_the_same_origin_or_an_allowed_one(string name, string value, bool isAllowed)
    {
        await using var gateway = await SessionHost.StartAsync(("Auth:AllowedOrigins:0", "https://app.example.com"));
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        using var client = EventSourceOf(gateway, browser);

        await using var reader = await EventReader.OpenAsync(client, "", (name, value));
        using var page = new HttpRequestMessage(HttpMethod.Get, "/api/task-runs?limit=0");
        page.Headers.TryAddWithoutValidation(name, value);
        using var other = await client.SendAsync(page, TestContext.Current.CancellationToken);

        reader.Status.ShouldBe(isAllowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
        (other.StatusCode == HttpStatusCode.Forbidden).ShouldBe(name != "X-CSRF"); // only this route has the exception
    }

    [Fact]
    public async Task A_stream_is_audited_at_its_start_and_at_its_end()
    {
        await using var gateway = await StartAsync();
        using var client = gateway.CreateFastClient();
        var reader = await EventReader.OpenAsync(client);
        await reader.NextAsync("bookmark");
        Audited(gateway).ShouldBe(["StreamStart answered 200 reader"]);

        await reader.DisposeAsync();
        await gateway.UntilOpenAsync(0);
        await gateway.StopAsync();

        Audited(gateway).ShouldBe(["StreamStart answered 200 reader", "StreamEnd caller 200 reader"]);
    }

    private static string[] Audited(GatewayHost gateway) =>
    [
        .. gateway.Logs.GetSnapshot()
            .Where(logged => logged.Category == AuditEvent.Category && Value(logged, "Route") == Changes)
            .Select(logged => string.Join(' ', new[] { "Kind", "Outcome", "Status", "Subject" }.Select(name => Value(logged, name)))),
    ];

    private static string? Value(FakeLogRecord logged, string property) =>
        logged.StructuredState!.FirstOrDefault(pair => pair.Key == property).Value;

    private static HttpClient EventSourceOf(GatewayHost gateway, CookieClient browser)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Add("Cookie", $"__Host-nclue-session={browser.Session}");
        return client;
    }

    private static Task<GatewayHost> StartAsync(params (string Name, string Value)[] settings) =>
        QueryHosts.StartCompleteAsync([ChangeHosts.Run("a")], settings);
}
