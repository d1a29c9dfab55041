using System.Net;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>Gateways that have the whole list, and queries to them.</summary>
internal static class QueryHosts
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Starts a gateway whose upstream has these runs, by a fake clock, and waits until it has the whole list.</summary>
    public static async Task<GatewayHost> StartCompleteAsync(
        IReadOnlyCollection<ListedRun> runs, params (string Name, string Value)[] settings)
    {
        var gateway = await GatewayHost.StartAsync(settings: Settings(settings));
        gateway.Nclue.Rows = [.. runs.Select(run => run.Row)];
        return await gateway.CompleteAsync();
    }

    /// <summary>Starts a gateway with a simulated list, by a fake clock, and waits until it has the whole list.</summary>
    public static async Task<GatewayHost> StartSimulatedAsync(SimulatedNclueOptions nclue, params (string Name, string Value)[] settings) =>
        await (await GatewayHost.StartAsync(nclue, Settings(settings))).CompleteAsync();

    /// <summary>Waits until the gateway has the whole list.</summary>
    public static async Task<GatewayHost> CompleteAsync(this GatewayHost gateway)
    {
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        return gateway;
    }

    public static Dictionary<string, string?> Settings(params (string Name, string Value)[] settings) =>
        settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value);

    /// <summary>Returns a client whose responses are not validated: for many requests of one kind.</summary>
    public static HttpClient CreateFastClient(this GatewayHost gateway)
    {
        var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = gateway.Client.DefaultRequestHeaders.Authorization;
        return client;
    }

    /// <summary>Sends a GET request.</summary>
    public static Task<PageResponse> AskAsync(this GatewayHost gateway, string address, params (string Name, string Value)[] headers) =>
        gateway.AskAsync(HttpMethod.Get, address, headers);

    /// <summary>Sends a GET request.</summary>
    public static async Task<PageResponse> AskAsync(this HttpClient client, string address)
    {
        using var response = await client.GetAsync(address, Ct);
        return await PageResponse.ReadAsync(response);
    }

    /// <summary>Sends a request.</summary>
    public static async Task<PageResponse> AskAsync(
        this GatewayHost gateway, HttpMethod method, string address, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, address);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await gateway.Client.SendAsync(request, Ct);
        return await PageResponse.ReadAsync(response);
    }

    /// <summary>Follows a link to the end of the chain.</summary>
    public static Task FollowAsync(this GatewayHost gateway, List<PageResponse> pages, string relation) =>
        gateway.Client.FollowAsync(pages, relation);

    /// <summary>Follows a link to the end of the chain.</summary>
    public static async Task FollowAsync(this HttpClient client, List<PageResponse> pages, string relation)
    {
        while (pages[^1].Link(relation) is { } next)
        {
            pages.Count.ShouldBeLessThan(1_000, "The chain does not end.");
            pages.Add(await client.AskAsync(next));
            pages[^1].Status.ShouldBe(HttpStatusCode.OK, next + pages[^1].Text);
        }
    }

    /// <summary>Lets requests to the upstream depart until the snapshot is as expected.</summary>
    public static async Task LetDepartUntilAsync(this GatewayHost gateway, Predicate<SnapshotState> isAsExpected)
    {
        var (snapshot, expected) = (gateway.Snapshot(), new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        snapshot.Advanced += Look;
        Look(null, EventArgs.Empty);
        await gateway.LetDepartUntilAsync(expected.Task.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Ct));
        snapshot.Advanced -= Look;

        void Look(object? sender, EventArgs e)
        {
            if (isAsExpected(snapshot.State))
            {
                expected.TrySetResult(true);
            }
        }
    }

    /// <summary>Lets requests to the upstream depart until another response was taken in.</summary>
    public static Task LetOneDepartAsync(this GatewayHost gateway)
    {
        var top = gateway.Snapshot().State.Top;
        return gateway.LetDepartUntilAsync(state => state.Top != top);
    }

    /// <summary>The ids of a page's runs.</summary>
    public static string[] Ids(this PageResponse page) => [.. page.Json["runs"]!.AsArray().Select(run => (string)run!["id"]!)];

    /// <summary>The errors of a problem, by parameter.</summary>
    public static Dictionary<string, string> Errors(this PageResponse problem) =>
        problem.Json["errors"]!.AsObject().ToDictionary(error => error.Key, error => (string)error.Value![0]!);
}
