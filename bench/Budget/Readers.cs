using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace NclueGateway.Budget;

/// <summary>A response that a reader received, or a failed request.</summary>
/// <param name="At">Time of the request since the readers started.</param>
/// <param name="Duration">Duration of the request.</param>
/// <param name="Status">Null if there was no response.</param>
/// <param name="Age">Whole seconds; null for any status but 200.</param>
/// <param name="Detail">Body of a response other than 200, or the error message.</param>
internal readonly record struct TimedResponse(TimeSpan At, TimeSpan Duration, HttpStatusCode? Status, int? Age, string Detail);

/// <summary>
/// Readers with a subject each. Each reads two pages a second from one replica, out of thirty pages that cover the
/// list. A reader whose replica has stopped changes to another one.
/// </summary>
internal sealed class Readers : IAsyncDisposable
{
    public const int Pages = 30;

    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
    private readonly ConcurrentQueue<TimedResponse> _answers = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Cluster _cluster;
    private readonly long _started;
    private readonly List<Task> _readers;
    private int _brokenConnections;

    private Readers(Cluster cluster, IReadOnlyList<string> tokens)
    {
        _cluster = cluster;
        _started = Clock.GetTimestamp();
        _readers = [.. tokens.Select((token, number) => Task.Run(() => ReadOnAsync(token, number)))];
    }

    public TimeSpan Elapsed => Clock.GetElapsedTime(_started);

    public IReadOnlyCollection<TimedResponse> Responses => _answers;

    /// <summary>
    /// Number of requests cut off because their replica was killed or stopped; no gateway could have completed them.
    /// </summary>
    public int BrokenConnections => _brokenConnections;

    /// <summary>Gets a token for each reader.</summary>
    public static async Task<string[]> SignInAsync(Cluster cluster, int readers) => await Task.WhenAll(
        Enumerable.Range(1, readers).Select(n => cluster.Identity.GetUserTokenAsync($"reader-{n}", CancellationToken.None)));

    public static Readers Start(Cluster cluster, IReadOnlyList<string> tokens) => new(cluster, tokens);

    public async Task UntilAsync(TimeSpan since)
    {
        if (since > Elapsed)
        {
            await Task.Delay(since - Elapsed, Clock);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_readers);
        _stop.Dispose();
        _http.Dispose();
    }

    private async Task ReadOnAsync(string token, int number)
    {
        var random = new Random(number);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(500), Clock);
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(500)), Clock); // readers do not start at the same moment
        var replica = _cluster.Replicas[number % _cluster.Replicas.Count];
        do
        {
            if (!replica.IsServing)
            {
                var running = _cluster.Replicas.Where(r => r.IsServing).ToList();
                replica = running[number % running.Count];
            }

            if (await ReadAsync(replica, token, random.Next(Pages)) is { } answer)
            {
                _answers.Enqueue(answer);
            }
        }
        while (await pace.WaitForNextTickAsync(CancellationToken.None) && !_stop.IsCancellationRequested);
    }

    private async Task<TimedResponse?> ReadAsync(GatewayReplica replica, string token, int page)
    {
        var rows = _cluster.Nclue.Runs.Count;
        var limit = Math.Min(100, (rows + Pages - 1) / Pages);
        var target = string.Create(CultureInfo.InvariantCulture, $"/api/task-runs?index={page * limit}&limit={limit}");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(replica.Address, target));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var at = Elapsed;
        try
        {
            using var response = await _http.SendAsync(request, CancellationToken.None);
            var body = await response.Content.ReadAsStringAsync(CancellationToken.None);
            var age = response.StatusCode == HttpStatusCode.OK ? (int)response.Headers.Age!.Value.TotalSeconds : (int?)null;
            return new(at, Elapsed - at, response.StatusCode, age, response.StatusCode == HttpStatusCode.OK ? "" : body);
        }
        catch (HttpRequestException) when (!replica.IsServing)
        {
            Interlocked.Increment(ref _brokenConnections);
            return null; // the replica was killed or stopped during the response
        }
        catch (HttpRequestException failure)
        {
            return new(at, Elapsed - at, null, null, failure.Message);
        }
    }
}
