using NclueGateway.Client;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;
using static NclueGateway.Tests.TaskRuns.Changes.ChangeHosts;

namespace NclueGateway.Tests.Clients;

/// <summary>Changes that the C# client reads from the gateway itself.</summary>
public sealed class CSharpClientChangesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_change_of_the_list_comes_and_leaves_the_caller_with_the_list()
    {
        await using var gateway = await StartAsync("b", "a");
        await using var watch = Watch(gateway);
        var list = await FirstListAsync(gateway, watch);
        (watch.Text, list.Version).ShouldBe(("a b", (await Client(gateway).ListAsync(new TaskRunQuery(), Token)).Version));
        (list.AsOf - gateway.Clock.GetUtcNow()).ShouldBeInRange(TimeSpan.FromMinutes(-2), TimeSpan.Zero);
        var bookmark = await watch.NextAsync<TaskRunBookmark>();
        (bookmark.Version, bookmark.Total).ShouldBe((list.Version, 2));

        await gateway.ChangeListAsync([Run("c"), Run("b") with { Status = new("failed", "failed") }, Run("a")]);
        var changes = await watch.NextAsync<TaskRunChanges>();
        (watch.Text, changes.Total).ShouldBe(("a b! c", 3));
        changes.Changes.Select(change => (change.Type, change.Id, change.Run!.Name)).ShouldBe(
            [(TaskRunChangeType.Created, "c", "name of c"), (TaskRunChangeType.Updated, "b", "name of b")]);
        await gateway.ChangeListAsync([Run("c")]);
        await watch.NextAsync<TaskRunChanges>();

        watch.Text.ShouldBe("c");
        watch.Runs.Values.ShouldBe(await Client(gateway).ListAllAsync(new TaskRunQuery(), Token).ToListAsync(Token));
        watch.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_gateway_that_has_not_read_the_list_reports_progress_and_then_the_list()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250 });
        await using var watch = Watch(gateway);
        (await watch.NextAsync()).ShouldBeOfType<TaskRunProgress>();

        var next = UntilListAsync(watch);

        (await gateway.LetDepartUntilAsync(next)).Runs.Count.ShouldBe(250);
        watch.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_many_changes_at_once_lead_to_the_list()
    {
        await using var gateway = await StartAsync("a");
        await using var watch = Watch(gateway);
        await FirstListAsync(gateway, watch);
        await watch.NextAsync<TaskRunBookmark>();
        watch.Time.Advance(TimeSpan.FromSeconds(10)); // the list was not read just now
        var next = UntilListAsync(watch);

        await gateway.ChangeListAsync([.. Enumerable.Range(0, 1_001).Select(number => Run($"new-{number}")), Run("a")]);

        (await next).Runs.Count.ShouldBe(1_002);
    }

    [Fact]
    public async Task A_gateway_that_is_replaced_by_one_that_knows_nothing_leads_to_its_list()
    {
        await using var before = await StartAsync("b", "a");
        await using var after = await StartAsync("c", "b");
        var route = new Route { Gateway = before };
        await using var watch = new WatchedList(before.Address, handler: route);
        await FirstListAsync(before, watch);
        await watch.NextAsync<TaskRunBookmark>();
        watch.Time.Advance(TimeSpan.FromSeconds(10)); // the stream was not opened just now
        var next = UntilListAsync(watch);

        route.Gateway = after;
        await before.StopAsync();

        await after.LetDepartUntilAsync(next);
        watch.Text.ShouldBe("b c");
        watch.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_the_token_expires_it_goes_on_with_another_one()
    {
        await using var gateway = await StartAsync("a");
        var route = new Route { Gateway = gateway, TokenLifetime = TimeSpan.FromMinutes(2) };
        await using var watch = new WatchedList(gateway.Address, handler: route);
        await FirstListAsync(gateway, watch);
        await watch.NextAsync<TaskRunBookmark>();
        watch.Time.Advance(TimeSpan.FromSeconds(10)); // the stream was not opened just now
        var change = watch.NextAsync<TaskRunChanges>();

        await gateway.LetPassUntilAsync(route.ThirdRequest);
        await gateway.UntilOpenAsync(1);
        await gateway.ChangeListAsync([Run("b"), Run("a")]);
        await change;
        watch.Text.ShouldBe("a b");
        watch.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task Changes_since_a_version_are_read_at_once_or_waited_for()
    {
        await using var gateway = await StartAsync("b", "a");
        var client = Client(gateway);
        var page = await gateway.LetDepartUntilAsync(client.ListAsync(new TaskRunQuery(), Token));
        var none = await client.GetChangesAsync(cancellationToken: Token);
        (none.Version, none.Changes.Count, none.Total).ShouldBe((page.Version, 0, 2));

        await gateway.ChangeListAsync([Run("c"), Run("a")]);
        var delta = await client.GetChangesAsync(page.Version, cancellationToken: Token);
        (delta.Total, delta.IsStale).ShouldBe((2, false));
        delta.Changes.Select(change => (change.Type, change.Id, change.Run?.Name)).ShouldBe(
            [(TaskRunChangeType.Deleted, "b", null), (TaskRunChangeType.Created, "c", "name of c")]);
        (await client.GetChangesAsync(delta.Version, cancellationToken: Token)).Changes.ShouldBeEmpty();

        var waiting = client.GetChangesAsync(delta.Version, TimeSpan.FromSeconds(25), Token);
        await gateway.UntilOpenAsync(1);
        await gateway.ChangeListAsync([Run("a")]);
        (await waiting).Changes.Select(change => change.Id).ShouldBe(["c"]);
    }

    [Fact]
    public async Task Changes_that_the_gateway_does_not_have_are_an_exception()
    {
        await using var gateway = await StartAsync("a");
        var client = Client(gateway);

        var expired = await Should.ThrowAsync<NclueGatewayException>(client.GetChangesAsync("1-1-00000000", cancellationToken: Token));
        var damaged = await Should.ThrowAsync<NclueGatewayException>(client.GetChangesAsync("x&wait=1", cancellationToken: Token));

        expired.Problem!.Slug.ShouldBe(ProblemSlugs.ChangesExpired);
        damaged.Problem!.Errors!.Keys.ShouldBe(["since"]);
        foreach (var wait in (int[])[-1, 26])
        {
            await Should.ThrowAsync<ArgumentOutOfRangeException>(client.GetChangesAsync(null, TimeSpan.FromSeconds(wait), Token));
        }
    }

    private static Task<GatewayHost> StartAsync(params string[] ids) => QueryHosts.StartCompleteAsync([.. ids.Select(Run)]);

    private static NclueGatewayClient Client(GatewayHost gateway) => new(gateway.Client, gateway.Clock);

    private static WatchedList Watch(GatewayHost gateway) => new(gateway.Address, handler: new Route { Gateway = gateway });

    /// <summary>Reads the first list. Time passes meanwhile: the gateway may wait for a newer list.</summary>
    private static Task<TaskRunList> FirstListAsync(GatewayHost gateway, WatchedList watch) =>
        gateway.LetDepartUntilAsync(watch.NextAsync<TaskRunList>());

    private static async Task<TaskRunList> UntilListAsync(WatchedList watch)
    {
        while (true)
        {
            if (await watch.NextAsync() is TaskRunList list)
            {
                return list;
            }
        }
    }

    /// <summary>Sends requests to the gateway of the moment, with a new token each.</summary>
    private sealed class Route() : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly TaskCompletionSource<bool> _third = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _requests;

        public required GatewayHost Gateway { get; set; }

        public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromDays(30);

        public Task<bool> ThirdRequest => _third.Task;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (++_requests == 3)
            {
                _third.SetResult(true);
            }

            request.RequestUri = new(Gateway.Address, request.RequestUri!.PathAndQuery);
            request.Headers.Authorization = new("Bearer", Gateway.Issuer.Issue(token =>
            {
                Gateway.Issuer.Reader?.Invoke(token);
                token.Claims["exp"] = (Gateway.Clock.GetUtcNow() + TokenLifetime).ToUnixTimeSeconds();
            }));
            return base.SendAsync(request, cancellationToken);
        }
    }
}
