// Prints all task runs, one per line. With --watch it then prints the newest twenty again whenever they change, until
// Ctrl-C. With --failures it prints the newest ten failed runs instead, and counts all of them by task and by day. With
// --changes [count] it prints a line for each change of the list instead, until Ctrl-C or after that number of changes.
// NCLUE_GATEWAY is the gateway's address. NCLUE_TOKEN is an access token. Without it, NCLUE_TOKEN_ENDPOINT,
// NCLUE_CLIENT_ID, NCLUE_CLIENT_SECRET and NCLUE_SCOPE specify how to get one. Never pass a token or a secret on a
// command line.
using System.Globalization;
using NclueGateway.Client;
using NclueGateway.Client.Example;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stop.Cancel();
};

try
{
    using var http = SignedIn(new Uri(Setting("NCLUE_GATEWAY")));
    var gateway = new NclueGatewayClient(http) { MaxListWait = TimeSpan.FromMinutes(10) };
    if (args.Contains("--failures"))
    {
        await PrintFailuresAsync(gateway, stop.Token);
        return 0;
    }

    if (args is ["--changes", ..])
    {
        await PrintChangesAsync(gateway, args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : int.MaxValue, stop.Token);
        return 0;
    }

    await PrintAllAsync(gateway, stop.Token);
    if (args.Contains("--watch"))
    {
        await WatchAsync(gateway, stop.Token);
    }

    return 0;
}
catch (NclueGatewayException failure) when (failure.Problem?.Slug == ProblemSlugs.Forbidden)
{
    Console.Error.WriteLine($"The token is good, but does not grant the right to read. Trace id: {failure.Problem.TraceId}");
    return 1;
}
catch (Exception failure) when (failure is HttpRequestException or ArgumentException or FormatException)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}

static async Task PrintAllAsync(NclueGatewayClient gateway, CancellationToken cancellationToken)
{
    await foreach (var run in gateway.ListAllAsync(cancellationToken))
    {
        Console.WriteLine($"{run.Id} {run.CreatedAt:O} {run.Status} {run.Name}");
    }
}

static async Task PrintFailuresAsync(NclueGatewayClient gateway, CancellationToken cancellationToken)
{
    var failed = new TaskRunQuery { Statuses = [TaskRunStatus.Failed], Limit = 10 };
    var newest = await gateway.ListAsync(failed, cancellationToken);
    Console.WriteLine($"As of {newest.AsOf:O}, {newest.Total} failed runs, the newest first:");
    foreach (var run in newest.Runs)
    {
        Console.WriteLine($"{run.Id} {run.CreatedAt:O} {run.Failure?.Code} {run.Name}");
    }

    var week = failed with { CreatedAfter = newest.AsOf.AddDays(-7) };
    var counts = await gateway.SummarizeAsync(week, SummaryUnit.Day, cancellationToken);
    Console.WriteLine($"In a week {counts.Total} runs failed, in {counts.ByTask.Count + counts.ByTaskOmitted.Entries} tasks:");
    foreach (var task in counts.ByTask)
    {
        Console.WriteLine($"{task.Failed} {task.Name}");
    }

    foreach (var day in counts.Created!)
    {
        Console.WriteLine($"{day.From:yyyy-MM-dd} {day.Failed}");
    }
}

static async Task PrintChangesAsync(NclueGatewayClient gateway, int count, CancellationToken cancellationToken)
{
    var runs = new Dictionary<string, TaskRun>();
    var options = new WatchOptions { OnFailure = failure => Console.Error.WriteLine($"{failure.Message} It goes on.") };
    await foreach (var update in gateway.WatchAsync(options, cancellationToken))
    {
        if (update is TaskRunList list)
        {
            Console.WriteLine($"As of {list.AsOf:O}, {list.Runs.Count} runs.");
        }
        else if (update is TaskRunChanges { Changes: var changes })
        {
            foreach (var change in changes)
            {
                Console.WriteLine($"{change.Type} {change.Id} {runs.GetValueOrDefault(change.Id)?.Status} -> {change.Run?.Status}");
            }

            count -= changes.Count;
        }

        update.ApplyTo(runs); // whole updates: now the dictionary is one version of the list
        if (count <= 0)
        {
            break; // closes the stream
        }
    }
}

static async Task WatchAsync(NclueGatewayClient gateway, CancellationToken cancellationToken)
{
    await foreach (var page in gateway.WatchAsync(
        limit: 20, onFailure: failure => Console.Error.WriteLine(failure.Message), cancellationToken: cancellationToken))
    {
        Console.WriteLine($"As of {page.AsOf:O}{(page.IsStale ? " (a newer copy will follow)" : "")}, {page.Total} runs in all:");
        foreach (var run in page.Runs)
        {
            Console.WriteLine($"{run.Id} {run.Status} {run.Failure?.Message}");
        }
    }
}

static HttpClient SignedIn(Uri gateway)
{
    var network = new SocketsHttpHandler();
    if (Environment.GetEnvironmentVariable("NCLUE_TOKEN") is { } token)
    {
        return new HttpClient(network) { BaseAddress = gateway, DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
    }

    var credentials = new ClientCredentials(
        new Uri(Setting("NCLUE_TOKEN_ENDPOINT")), Setting("NCLUE_CLIENT_ID"), Setting("NCLUE_CLIENT_SECRET"), Setting("NCLUE_SCOPE"))
    {
        InnerHandler = network,
    };
    return new HttpClient(credentials) { BaseAddress = gateway };
}

static string Setting(string name) => Environment.GetEnvironmentVariable(name) ?? throw new ArgumentException($"{name} is not set.");
