using NclueGateway.Client;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;
using static NclueGateway.Tests.Clients.CSharpClientQueryTests;

namespace NclueGateway.Tests.Clients;

/// <summary>Pages of queries that the C# client reads one after the other while the list changes, from the gateway itself.</summary>
public sealed class CSharpClientChainTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_unchanged_page_takes_over_the_links_of_the_newest_version()
    {
        await using var gateway = await StartAsync();
        var client = Client(gateway);
        var page = await client.ListAsync(new TaskRunQuery { Statuses = [TaskRunStatus.Failed], Limit = 10 }, Token);
        await AddRunAsync(gateway); // one that has not failed

        var again = await client.RefreshAsync(page, Token);

        again.Runs.ShouldBeSameAs(page.Runs); // there was no body
        again.ETag.ShouldBe(page.ETag);
        gateway.Clock.Advance(TimeSpan.FromMinutes(9));
        await AddRunAsync(gateway);
        gateway.Clock.Advance(TimeSpan.FromMinutes(9));
        await AddRunAsync(gateway);
        (await client.NextAsync(again, Token))!.Index.ShouldBe(10);
        (await Should.ThrowAsync<NclueGatewayException>(client.NextAsync(page, Token))).Problem!.Slug.ShouldBe(ProblemSlugs.CursorExpired);
    }

    [Fact]
    public async Task A_changed_page_of_a_query_comes_as_it_is_now()
    {
        await using var gateway = await StartAsync();
        var client = Client(gateway);
        var page = await client.ListAsync(new TaskRunQuery { Limit = 2 }, Token);
        await AddRunAsync(gateway);

        var again = await client.RefreshAsync(page, Token);

        again.Runs.Select(NumberOf).ShouldBe([250, 249]);
        (again.Total, again.ETag == page.ETag).ShouldBe((251, false));
    }

    [Fact]
    public async Task A_chain_of_pages_is_one_version_of_the_list_while_it_changes()
    {
        await using var gateway = await StartAsync();
        var pages = new List<TaskRunPage>();

        await foreach (var page in Client(gateway).ListPagesAsync(new TaskRunQuery { Limit = 90 }, Token))
        {
            pages.Add(page);
            await AddRunAsync(gateway, 7); // which come first in this order
        }

        pages.Select(page => (page.Index, page.Total)).ShouldBe([(0, 250), (90, 250), (180, 250)]);
        pages.SelectMany(page => page.Runs).Select(NumberOf).ShouldBe(Enumerable.Range(0, 250).Reverse());
    }

    [Fact]
    public async Task Pages_of_an_expired_version_come_again_from_the_first_one()
    {
        await using var gateway = await StartAsync();
        await using var chain = Client(gateway).ListPagesAsync(new TaskRunQuery(), Token).GetAsyncEnumerator(Token);
        (await chain.MoveNextAsync()).ShouldBeTrue();
        (chain.Current.Index, chain.Current.Total).ShouldBe((0, 250));
        await ExpireAsync(gateway);

        var again = new List<TaskRunPage>();
        while (await chain.MoveNextAsync())
        {
            again.Add(chain.Current);
        }

        again.Select(page => (page.Index, page.Total)).ShouldBe([(0, 252), (100, 252), (200, 252)]);
        again.SelectMany(page => page.Runs).Select(NumberOf).ShouldBe(Enumerable.Range(0, 252).Reverse());
    }

    [Fact]
    public async Task Runs_of_an_expired_version_come_once_and_those_of_the_next_one_too()
    {
        await using var gateway = await StartAsync();
        await using var runs = Client(gateway).ListAllAsync(new TaskRunQuery(), Token).GetAsyncEnumerator(Token);
        var numbers = new List<int>();

        while (await runs.MoveNextAsync())
        {
            numbers.Add(NumberOf(runs.Current));
            if (numbers.Count == 100)
            {
                await ExpireAsync(gateway);
            }
        }

        numbers.ShouldBe([.. Enumerable.Range(150, 100).Reverse(), 251, 250, .. Enumerable.Range(0, 150).Reverse()]);
    }

    /// <summary>Adds runs, and lets the gateway notice all changes.</summary>
    private static async Task AddRunAsync(GatewayHost gateway, int runs = 1)
    {
        gateway.Nclue.Runs.Count += runs;
        gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync(gateway.Nclue.Runs.Count));
    }

    /// <summary>Replaces the newest version, and lets it expire.</summary>
    private static async Task ExpireAsync(GatewayHost gateway)
    {
        await AddRunAsync(gateway);
        gateway.Clock.Advance(TimeSpan.FromMinutes(11));
        gateway.AskForSnapshot(); // without a caller for so long, the gateway reads less often
        await AddRunAsync(gateway);
    }

    private static NclueGatewayClient Client(GatewayHost gateway) => new(gateway.Client, gateway.Clock);
}
