using System.Collections;
using System.Net;
using System.Text;
using NclueGateway.Client;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Sandbox;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Clients;

/// <summary>Queries, runs by id and counts by the C# client, in front of the gateway itself.</summary>
public sealed class CSharpClientQueryTests
{
    private static readonly TaskRunQuery Failed = new() { Statuses = [TaskRunStatus.Failed] };

    private readonly TimerWatch _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_condition_selects_what_it_says_from_the_whole_list()
    {
        await using var gateway = await StartAsync();
        var client = Client(gateway);
        var all = await gateway.LetDepartUntilAsync(client.ListAllAsync(Token).ToListAsync(Token).AsTask());
        var (task, feature, middle) = (all[1].Task.Id!, all[2].Feature.Id!, all[100].CreatedAt!.Value);
        (TaskRunQuery Query, Predicate<TaskRun> Matches)[] cases =
        [
            (new(), _ => true),
            (Failed, run => run.Status == TaskRunStatus.Failed),
            (new() { Statuses = [TaskRunStatus.Failed, TaskRunStatus.InProgress] }, run => run.Status == TaskRunStatus.Failed),
            (new() { Statuses = [TaskRunStatus.Unknown] }, _ => false),
            (new() { TaskIds = [task, all[3].Task.Id!] }, run => run.Task.Id == task || run.Task.Id == all[3].Task.Id),
            (new() { FeatureIds = [feature] }, run => run.Feature.Id == feature),
            (new() { Models = ["nfm2"] }, run => run.Model?.Name is "NFM2" or "NFM02"),
            (new() { ModelStatuses = [ModelStatus.Deprecated] }, run => run.Model?.Status == ModelStatus.Deprecated),
            (new() { FailureCodes = ["DISK_SPACE_SHORTAGE"] }, run => run.Failure?.Code == "DISK_SPACE_SHORTAGE"),
            (new() { CreatedAfter = middle }, run => run.CreatedAt >= middle),
            (new() { CreatedBefore = middle.ToUniversalTime() }, run => run.CreatedAt < middle),
            (new() { CompletedAfter = middle, CompletedBefore = middle.AddHours(9) },
                run => run.CompletedAt >= middle && run.CompletedAt < middle.AddHours(9)),
            (new() { Search = "구매 세일 RUN-0001".Normalize(NormalizationForm.FormD) },
                run => run.Name!.StartsWith("run-0001", StringComparison.Ordinal) && run.Name.Contains("세일 구매")),
            (new() { Search = "churn+within&status=failed" }, _ => false),
            (Failed with { TaskIds = [all[3].Task.Id!], CreatedAfter = middle },
                run => run.Status == TaskRunStatus.Failed && run.Task.Id == all[3].Task.Id && run.CreatedAt >= middle),
        ];

        foreach (var (query, matches) in cases)
        {
            var found = await client.ListAllAsync(query, Token).ToListAsync(Token);

            found.ShouldBe(all.Where(run => matches(run)).Reverse(), query.ToString());
            (await client.ListAsync(query with { Limit = 1 }, Token)).Total.ShouldBe(found.Count, query.ToString());
        }
    }

    [Fact]
    public async Task Each_order_sorts_by_its_value_with_runs_without_it_last()
    {
        await using var gateway = await StartAsync();
        var client = Client(gateway);

        foreach (var sort in Enum.GetValues<TaskRunSort>())
        {
            var runs = await client.ListAllAsync(new TaskRunQuery { Sort = sort }, Token).ToListAsync(Token);

            var name = sort.ToString().Replace("Descending", "");
            Func<TaskRun, object?> valueOf = run => typeof(TaskRun).GetProperty(name)!.GetValue(run);
            var known = runs.Where(run => valueOf(run) is not null).ToList();
            var ordered = name == sort.ToString()
                ? known.OrderBy(valueOf, Comparer<object?>.Create(Compare))
                : known.OrderByDescending(valueOf, Comparer<object?>.Create(Compare));
            runs.ShouldBe([
                .. ordered.ThenBy(run => run.Id, StringComparer.Ordinal),
                .. runs.Where(run => valueOf(run) is null).OrderBy(run => run.Id, StringComparer.Ordinal)]);
        }

        static int Compare(object? one, object? other) =>
            one is string text ? string.CompareOrdinal(text, (string?)other) : Comparer.DefaultInvariant.Compare(one, other);
    }

    [Fact]
    public async Task Links_lead_forwards_and_backwards_through_the_result()
    {
        await using var gateway = await StartAsync();
        var client = Client(gateway);

        var first = await client.ListAsync(Failed with { Index = 5, Limit = 15 }, Token);
        var second = (await client.NextAsync(first, Token))!;
        var third = (await client.NextAsync(second, Token))!;
        var back = (await client.PreviousAsync(second, Token))!;
        var start = (await client.PreviousAsync(back, Token))!;

        new[] { first, second, third, back, start }.Select(page => (page.Index, page.Runs.Count, page.HasPrevious, page.HasNext))
            .ShouldBe([(5, 15, true, true), (20, 15, true, true), (35, 1, true, false), (5, 15, true, true), (0, 5, false, true)]);
        back.Runs.ShouldBe(first.Runs);
        new[] { first, second, third, back, start }.ShouldAllBe(page => page.Total == 36 && page.Complete == true);
        (await client.NextAsync(third, Token)).ShouldBeNull();
        (await client.PreviousAsync(start, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_page_of_nclues_own_rows_leads_on_too()
    {
        await using var gateway = await StartAsync();

        var next = await Client(gateway).NextAsync(await Client(gateway).ListAsync(index: 10, limit: 30, Token), Token);

        (next!.Index, next.Complete, next.Runs.Count).ShouldBe((40, null, 30));
    }

    [Fact]
    public async Task A_run_is_found_by_its_id_and_another_one_is_not()
    {
        await using var gateway = await StartAsync();
        var client = Client(gateway);

        var known = await client.GetAsync(SimulatedRun.IdOf(7), Token);
        var unknown = await gateway.LetDepartUntilAsync(client.GetAsync("none/such?%20", Token));

        NumberOf(known!.Run).ShouldBe(7);
        known.ETag.ShouldNotBeNull();
        known.AsOf.ShouldBeLessThanOrEqualTo(gateway.Clock.GetUtcNow());
        unknown.ShouldBeNull();
    }

    [Fact]
    public async Task A_run_that_was_just_created_is_found_at_the_first_try()
    {
        await using var gateway = await StartAsync();
        gateway.Nclue.Runs.Count++;

        var found = await gateway.LetDepartUntilAsync(Client(gateway).GetAsync(SimulatedRun.IdOf(250), Token));

        NumberOf(found!.Run).ShouldBe(250);
    }

    [Fact]
    public async Task A_wrong_base_address_is_no_run_that_does_not_exist()
    {
        await using var gateway = await StartAsync();
        using var elsewhere = gateway.CreateClient();
        elsewhere.BaseAddress = new Uri(gateway.Address, "/elsewhere");

        var failure = await Should.ThrowAsync<NclueGatewayException>(
            new NclueGatewayClient(elsewhere).GetAsync(SimulatedRun.IdOf(7), Token));

        (failure.StatusCode, failure.Problem!.Slug).ShouldBe((HttpStatusCode.NotFound, ProblemSlugs.NotFound));
    }

    [Fact]
    public async Task Counts_are_those_of_the_runs_that_match()
    {
        await using var gateway = await StartAsync();
        var client = Client(gateway);
        var newest = (await client.ListAsync(new TaskRunQuery(), Token)).Runs[0];
        var query = new TaskRunQuery { CreatedAfter = newest.CreatedAt!.Value.AddDays(-1) };
        var runs = await client.ListAllAsync(query, Token).ToListAsync(Token);

        // Order and place are of lists, and do not matter here.
        var counts = await client.SummarizeAsync(query with { Sort = TaskRunSort.Name, Index = 7, Limit = 3 }, SummaryUnit.Hour, Token);

        (counts.Total, counts.Complete, counts.ETag is null).ShouldBe((runs.Count, true, false));
        (counts.ByStatus.Completed, counts.ByStatus.Failed, counts.ByStatus.InProgress).ShouldBe(
            (runs.Count(run => run.Status == TaskRunStatus.Completed), runs.Count(run => run.Status == TaskRunStatus.Failed), 0));
        counts.ByTask.ToDictionary(task => task.Id!, task => task.Total)
            .ShouldBe(runs.CountBy(run => run.Task.Id!).ToDictionary(), ignoreOrder: true);
        counts.ByFeature.Sum(feature => feature.Total).ShouldBe(runs.Count);
        counts.ByModel.ShouldHaveSingleItem().Name.ShouldBe("NFM2");
        counts.ByFailureCode.Sum(code => code.Failed).ShouldBe(runs.Count(run => run.Failure?.Code is not null));
        counts.ByTaskOmitted.ShouldBe(new() { Entries = 0, Runs = 0, Failed = 0 });
        counts.OldestUnfinished.ShouldBeNull();
        counts.DurationSeconds!.Max.ShouldBe(runs.Max(run => run.DurationSeconds ?? 0));
        counts.Created!.Sum(hour => hour.Completed + hour.Failed + hour.Other).ShouldBe(runs.Count);
        counts.Created![^1].From.Offset.ShouldBe(TimeSpan.FromHours(9));
        (await client.SummarizeAsync(cancellationToken: Token)).ShouldSatisfyAllConditions(
            all => all.Total.ShouldBe(250), all => all.Created.ShouldBeNull());
    }

    [Fact]
    public async Task A_wrong_query_is_refused_by_the_names_of_its_parameters()
    {
        await using var gateway = await StartAsync();
        var client = Client(gateway);

        (await NamesAsync(client.ListAsync(new TaskRunQuery { Limit = 101, Index = -1, Search = "" }, Token)))
            .ShouldBe(["index", "limit", "q"], ignoreOrder: true);
        (await NamesAsync(client.ListAsync(
            new TaskRunQuery { TaskIds = [.. Enumerable.Range(0, 21).Select(id => $"{id}")], FailureCodes = ["none"] }, Token)))
            .ShouldBe(["taskId", "failureCode"], ignoreOrder: true);
        Should.Throw<ArgumentOutOfRangeException>(() => client.ListPagesAsync(new() { Sort = (TaskRunSort)8 }, Token));
        await Should.ThrowAsync<ArgumentOutOfRangeException>(
            async () => await client.SummarizeAsync(per: (SummaryUnit)2, cancellationToken: Token));

        static async Task<IEnumerable<string>> NamesAsync(Task read) =>
            (await Should.ThrowAsync<NclueGatewayException>(read)).Problem!.Errors!.Keys;
    }

    [Fact]
    public async Task A_list_that_is_not_read_yet_is_waited_for_when_asked_to()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 3_000 });
        gateway.AskForSnapshot();
        var impatient = new NclueGatewayClient(gateway.Client) { MaxRetryWait = TimeSpan.Zero };
        await gateway.LetDepartUntilAsync(gateway.Nclue.WaitForArrivalsAsync(1, Token));

        NclueGatewayException thrown;
        do
        {
            thrown = await Should.ThrowAsync<NclueGatewayException>(impatient.ListAsync(Failed, Token));
        }
        while (thrown.Problem!.ExpectedTotal is null); // the first rows are not taken in yet

        var partial = await Client(gateway).ListAsync(new TaskRunQuery { Partial = true }, Token);
        var waiting = new NclueGatewayClient(gateway.Client, _time) { MaxListWait = TimeSpan.FromMinutes(5) }.ListAsync(Failed, Token);
        var wait = await _time.NextWaitAsync();
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        waiting.IsCompleted.ShouldBeFalse();
        _time.Advance(wait);

        (thrown.Problem.Slug, thrown.Problem.ExpectedTotal, thrown.RetryAfter).ShouldBe((ProblemSlugs.ListIncomplete, 3_000, wait));
        thrown.Problem.Runs!.Value.ShouldBeInRange(1, 2_999);
        thrown.Message.ShouldContain($"{thrown.Problem.Runs} of 3000 runs are read.");
        wait.ShouldBeInRange(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(40));
        (partial.Complete, partial.Total).ShouldBe((false, thrown.Problem.Runs));
        var page = await gateway.LetDepartUntilAsync(waiting); // by now the list may be so old that its edge is read first
        (page.Complete, page.Total).ShouldBe((true, Enumerable.Range(0, 3_000).Count(number => number % 7 == 3)));
    }

    [Fact]
    public async Task Counts_of_too_many_hours_are_refused()
    {
        await using var gateway = await StartAsync(runs: 2_300); // eleven minutes apart

        var failure = await Should.ThrowAsync<NclueGatewayException>(
            Client(gateway).SummarizeAsync(per: SummaryUnit.Hour, cancellationToken: Token));

        failure.Problem!.Errors!.Keys.ShouldBe(["per", "createdAfter"], ignoreOrder: true);
        (await Client(gateway).SummarizeAsync(per: SummaryUnit.Day, cancellationToken: Token)).Created!.Count.ShouldBe(18);
    }

    internal static int NumberOf(TaskRun run) => SimulatedRun.NumberOf(run.Name!);

    /// <summary>Starts a gateway with a complete list of runs, the oldest first.</summary>
    internal static async Task<GatewayHost> StartAsync(int runs = 250)
    {
        // On a busy machine the fake clock goes on for some seconds while a response is taken in.
        var settings = new Dictionary<string, string?> { ["Cache:WaitFor"] = "00:01:00" };
        var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = runs }, settings);
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        return gateway;
    }

    private NclueGatewayClient Client(GatewayHost gateway) => new(gateway.Client, _time);
}
