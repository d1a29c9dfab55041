using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Client;
using NclueGateway.Http;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Sandbox;

namespace NclueGateway.Tests.Clients;

/// <summary>The C# client in front of the gateway itself.</summary>
public sealed class CSharpClientTests : IDisposable
{
    private readonly WireLog _wire = new();
    private readonly TimerWatch _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(250)]
    [InlineData(200)] // after the last full page only an empty one shows the end
    [InlineData(0)]
    public async Task All_runs_come_in_order_with_an_unknown_total(int runs)
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = runs, TotalCounts = TotalCounts.Absent });
        var client = new NclueGatewayClient(gateway.Client, gateway.Clock);

        var all = await gateway.LetDepartUntilAsync(client.ListAllAsync(Token).ToListAsync(Token).AsTask());

        all.Select(NumberOf).ShouldBe(Enumerable.Range(0, runs));
        all.ShouldAllBe(run => run.Status == TaskRunStatus.Completed || run.Status == TaskRunStatus.Failed);
    }

    [Fact]
    public async Task Pages_come_from_the_row_that_was_asked_for_to_the_last_one()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 90 });
        var client = new NclueGatewayClient(gateway.Client);

        var pages = await client.ListPagesAsync(index: 25, limit: 30, Token).ToListAsync(Token);

        pages.Select(page => (page.Index, page.Limit, page.Runs.Count, page.HasNext))
            .ShouldBe([(25, 30, 30, true), (55, 30, 30, true), (85, 30, 5, false)]);
        pages.ShouldAllBe(page => page.Total == 90);
    }

    [Fact]
    public async Task A_page_says_as_of_when_it_is()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var client = SignedIn(gateway);
        await gateway.ReadAsync();
        var fresh = await client.ListAsync(cancellationToken: Token);

        gateway.Nclue.Delay = TimeSpan.FromHours(1); // before time passes, which begins a refresh
        gateway.Clock.Advance(TimeSpan.FromSeconds(15));
        var stale = await client.ListAsync(cancellationToken: Token);

        (fresh.Age, fresh.IsStale).ShouldBe((TimeSpan.Zero, false));
        (stale.Age, stale.IsStale, stale.CacheStatus).ShouldBe((TimeSpan.FromSeconds(15), true, "nclue-gateway; hit; ttl=-5"));
        stale.AsOf.ShouldBe(_wire.LastDate.AddSeconds(-15));
    }

    [Fact]
    public async Task An_unchanged_page_keeps_its_runs_and_gets_a_new_time()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var client = SignedIn(gateway);
        var page = await client.ListAsync(index: 20, limit: 30, Token);

        gateway.Clock.Advance(TimeSpan.FromSeconds(8));
        var again = await client.RefreshAsync(page, Token);

        _wire.Statuses.ShouldBe([HttpStatusCode.OK, HttpStatusCode.NotModified]);
        again.Runs.ShouldBeSameAs(page.Runs);
        again.AsOf.ShouldBe(_wire.LastDate.AddSeconds(-8));
        (again with { AsOf = page.AsOf, Age = page.Age, CacheStatus = page.CacheStatus }).ShouldBe(page);
    }

    [Fact]
    public async Task A_changed_page_comes_as_it_is_now()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var client = SignedIn(gateway);
        var page = await client.ListAsync(limit: 5, cancellationToken: Token);

        gateway.Nclue.Runs.Prepend(1);
        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var again = await gateway.LetDepartUntilAsync(client.RefreshAsync(page, Token));

        again.Runs.Select(NumberOf).ShouldBe([250, 0, 1, 2, 3]);
        again.ETag.ShouldNotBe(page.ETag);
    }

    [Fact]
    public async Task A_watched_page_is_returned_again_when_a_run_is_added()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var watch = SignedIn(gateway).WatchAsync(limit: 5, cancellationToken: Token).GetAsyncEnumerator(Token);
        (await watch.MoveNextAsync()).ShouldBeTrue();
        watch.Current.Runs.Select(NumberOf).ShouldBe([0, 1, 2, 3, 4]);

        var change = watch.MoveNextAsync().AsTask();
        (await _time.NextWaitAsync()).ShouldBe(TimeSpan.FromSeconds(60));
        gateway.Nclue.Runs.Prepend(1);
        gateway.Clock.Advance(TimeSpan.FromSeconds(60));
        await gateway.LetDepartUntilAsync(gateway.ReadUntilAsync(page => page.Runs[0] == 250));
        change.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(60));

        (await change).ShouldBeTrue();
        watch.Current.Runs.Select(NumberOf).ShouldBe([250, 0, 1, 2, 3]);
    }

    [Fact]
    public async Task A_caller_that_has_used_up_its_quota_waits_as_long_as_it_is_told_to()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Quota:RequestsPerSecond"] = "1", ["Quota:Burst"] = "1" });
        var client = SignedIn(gateway, "somebody");
        await client.ListAsync(cancellationToken: Token);

        var read = client.ListAsync(cancellationToken: Token);
        (await _time.NextWaitAsync()).ShouldBe(TimeSpan.FromSeconds(1));
        _wire.Statuses.Last().ShouldBe(HttpStatusCode.TooManyRequests);
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        read.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        (await read).Runs.Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_pause_of_nclue_is_waited_for_or_thrown_as_the_caller_likes()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new() { Status = 429, Count = 1, Headers = new Dictionary<string, string> { ["Retry-After"] = "20" } };

        var waited = SignedIn(gateway).ListAsync(cancellationToken: Token);
        var wait = await _time.NextWaitAsync();
        var thrown = await Should.ThrowAsync<NclueGatewayException>(
            new NclueGatewayClient(gateway.Client, _time) { MaxRetryWait = TimeSpan.FromSeconds(19) }.ListAsync(cancellationToken: Token));
        gateway.Clock.Advance(wait);
        _time.Advance(wait);

        (await gateway.LetDepartUntilAsync(waited)).Runs.Count.ShouldBe(20);
        wait.ShouldBeInRange(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(22));
        (thrown.StatusCode, thrown.Problem?.Slug, thrown.RetryAfter)
            .ShouldBe((HttpStatusCode.ServiceUnavailable, ProblemSlugs.UpstreamBusy, wait));
    }

    [Fact]
    public async Task A_refusal_says_what_is_wrong_and_is_not_tried_again()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var request = await RefusalAsync(gateway.Issuer.Issue(), index: -1, limit: 101);
        var nobody = await RefusalAsync("not-a-token");
        var outsider = await RefusalAsync(gateway.Issuer.Issue(token => token.Claims["scope"] = "openid"));

        (request.StatusCode, request.Problem!.Slug).ShouldBe((HttpStatusCode.BadRequest, ProblemSlugs.InvalidRequest));
        request.Problem.Errors!.Keys.ShouldBe(["index", "limit"]);
        request.Message.ShouldContain("limit: It must be a whole number from 1 to 100");
        request.Problem.TraceId.ShouldNotBeNull().ShouldMatch("^[0-9a-f]{32}$");
        request.Message.ShouldContain(request.Problem.TraceId!);
        (nobody.StatusCode, nobody.Problem!.Slug).ShouldBe((HttpStatusCode.Unauthorized, ProblemSlugs.Unauthenticated));
        (outsider.StatusCode, outsider.Problem!.Slug).ShouldBe((HttpStatusCode.Forbidden, ProblemSlugs.Forbidden));
        (outsider.Problem.Status, outsider.Problem.Title).ShouldBe((403, AccessProblems.Forbidden.Title));
        outsider.Problem.Detail!.ShouldContain("task-runs:read");
        new[] { request, nobody, outsider }.ShouldAllBe(refusal => refusal.RetryAfter == null);
        _wire.Statuses.Count().ShouldBe(3);

        Task<NclueGatewayException> RefusalAsync(string token, int index = 0, int limit = 20) =>
            Should.ThrowAsync<NclueGatewayException>(new NclueGatewayClient(SignedInBy(gateway, token)).ListAsync(index, limit, Token));
    }

    [Fact]
    public async Task A_wrong_base_address_is_refused_before_or_by_the_gateway()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var elsewhere = SignedInBy(gateway, gateway.Issuer.Issue());
        elsewhere.BaseAddress = new Uri(gateway.Address, "/elsewhere");

        (await Should.ThrowAsync<NclueGatewayException>(new NclueGatewayClient(elsewhere).ListAsync(cancellationToken: Token)))
            .Problem!.Slug.ShouldBe(ProblemSlugs.NotFound);
        Should.Throw<ArgumentException>(() => new NclueGatewayClient(new HttpClient(_wire))).Message.ShouldContain("BaseAddress");
    }

    [Fact]
    public async Task A_canceled_read_waits_neither_for_a_response_nor_for_its_turn()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Delay = TimeSpan.FromHours(1);
        using var leaving = new CancellationTokenSource();

        var read = SignedIn(gateway).ListAsync(cancellationToken: leaving.Token);
        await gateway.Nclue.WaitForArrivalsAsync(1, Token);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(read);

        await using var busy = await GatewayHost.StartAsync();
        busy.Nclue.Fault = new() { Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "20" } };
        using var leavingToo = new CancellationTokenSource();
        var all = SignedIn(busy).ListPagesAsync(cancellationToken: leavingToo.Token).ToListAsync(CancellationToken.None).AsTask();
        await busy.Nclue.WaitForArrivalsAsync(1, Token);
        await leavingToo.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(all);
    }

    [Fact]
    public void It_needs_nothing_but_the_framework() =>
        typeof(NclueGatewayClient).Assembly.GetReferencedAssemblies().ShouldAllBe(assembly => assembly.Name!.StartsWith("System."));

    [Fact]
    public void Every_problem_a_read_can_meet_has_its_slug()
    {
        ProblemType[] ofBrowsersAndWriters =
        [
            AccessProblems.SignInFailed, AccessProblems.CsrfHeaderMissing, AccessProblems.SessionStoreUnavailable,
            HttpProblems.MethodNotAllowed,
            HttpProblems.PreconditionFailed, // the client never sends If-Match
        ];

        typeof(ProblemSlugs).GetFields().Select(field => (string)field.GetRawConstantValue()!)
            .ShouldBe(ProblemTypes.All.Except(ofBrowsersAndWriters).Select(problem => problem.Slug), ignoreOrder: true);
    }

    public void Dispose() => _wire.Dispose();

    private static int NumberOf(TaskRun run) => SimulatedRun.NumberOf(run.Name!);

    private NclueGatewayClient SignedIn(GatewayHost gateway, string subject = "reader")
    {
        using var signedIn = gateway.CreateClient(subject);
        return new NclueGatewayClient(SignedInBy(gateway, signedIn.DefaultRequestHeaders.Authorization!.Parameter!), _time);
    }

    private HttpClient SignedInBy(GatewayHost gateway, string token) => new(_wire, disposeHandler: false)
    {
        BaseAddress = gateway.Address,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };
}
