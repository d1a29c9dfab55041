using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>
/// Readers of one address, each of whom asks once a second, each time any replica, and never a second time. They compare the age of each
/// response with the newest run in it.
/// </summary>
internal sealed class SteadyReaders : IAsyncDisposable
{
    /// <summary>Ages are in whole seconds, rounded up; NCLUE gets a request some time after it departed.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(100);

    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly StreamCluster _cluster;
    private readonly string _address;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Task _running;
    private int _reads;
    private int _oldest;

    /// <summary>Starts the readers.</summary>
    /// <param name="cluster">The replicas, and the list that they serve.</param>
    /// <param name="name">The name of the readers.</param>
    /// <param name="count">Number of readers.</param>
    /// <param name="address">The address, whose response has the newest run.</param>
    public SteadyReaders(StreamCluster cluster, string name, int count, string address)
    {
        (_cluster, _address) = (cluster, address);
        _running = Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(() => ReadOnAsync($"{name}-{number}", number))));
    }

    /// <summary>Number of responses.</summary>
    public int Reads => _reads;

    /// <summary>The highest age of a response, in seconds.</summary>
    public int OldestAge => _oldest;

    /// <summary>Requests without a good response.</summary>
    public ConcurrentQueue<string> Lost { get; } = [];

    /// <summary>Responses whose content was older than they said.</summary>
    public ConcurrentQueue<string> Understated { get; } = [];

    /// <summary>Ends the requests.</summary>
    public async Task StopAsync()
    {
        await _end.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _end.Dispose();
        _http.Dispose();
    }

    private async Task ReadOnAsync(string subject, int number)
    {
        var random = new Random(number);
        var token = _cluster.TokenOf(subject);
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1), Clock);
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1_000)), Clock); // not all at the same moment
        while (!_end.IsCancellationRequested)
        {
            var replicas = _cluster.Serving;
            await ReadAsync(replicas[random.Next(replicas.Length)]!.Address, token);
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private async Task ReadAsync(Uri replica, string token)
    {
        var began = Clock.GetUtcNow();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(replica, _address));
            request.Headers.Authorization = new("Bearer", token);
            using var response = await _http.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            Interlocked.Increment(ref _reads);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                Check(began, response.Headers.Age!.Value, body);
            }
            else
            {
                Lost.Enqueue($"{began:HH:mm:ss.fff} {(int)response.StatusCode} {body}");
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            Lost.Enqueue($"{began:HH:mm:ss.fff} {failure.Message}");
        }
    }

    private void Check(DateTimeOffset began, TimeSpan age, string body)
    {
        using var json = JsonDocument.Parse(body);
        var newest = json.RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("id").GetString()!)
            .Max(StringComparer.Ordinal)!; // times of creation are in whole seconds, ids are in order
        if (_cluster.List.SucceededAt(newest) is { } succeeded && succeeded < began - age - Tolerance)
        {
            Understated.Enqueue($"{began:HH:mm:ss.fff} age {age.TotalSeconds} s, but without the run of {succeeded:HH:mm:ss.fff}");
        }

        for (var oldest = _oldest; age.TotalSeconds > oldest; oldest = _oldest)
        {
            Interlocked.CompareExchange(ref _oldest, (int)age.TotalSeconds, oldest);
        }
    }
}
