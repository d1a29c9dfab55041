using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Budget;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using NclueGateway.Tests.TaskRuns.Changes;

namespace NclueGateway.Tests.Hosting;

/// <summary>
/// Three gateway processes on one Redis, behind an nginx with the repository's configuration: an installation without
/// Kubernetes.
/// </summary>
[Trait("Needs", "RealTime")]
public sealed class RollingRestartTests(TestRedis redis)
{
    private const int Readers = 200;
    private const int Streams = 20;

    private static readonly TimeSpan BetweenReads = TimeSpan.FromMilliseconds(500);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_behind_nginx_are_replaced_one_after_the_other_and_no_reader_query_or_stream_notices()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        await using var nclue = await SimulatedNclue.StartAsync(new() { Keys = { ["AK"] = "SK" }, Runs = 60, Frozen = true }, Ct);
        int[] ports = [Nginx.FreePort(), Nginx.FreePort(), Nginx.FreePort()];
        var settings = new Dictionary<string, string>
        {
            ["Nclue:BaseAddress"] = nclue.BaseAddress.AbsoluteUri,
            ["Nclue:AccessKey"] = "AK",
            ["Nclue:SecretKey"] = "SK",
            ["Nclue:Account"] = ReplicaSettings.NewAccount(),
            ["Nclue:ReplicaCount"] = "3",
            ["ConnectionStrings:Redis"] = await redis.ConnectionStringAsync(),
            ["Auth:Authority"] = issuer.Address,
            ["Auth:Audience"] = "gateway",
            ["Auth:RequireHttpsMetadata"] = "false",
            ["Http:PublicOrigin"] = "https://gateway.example.com",
            ["Http:KnownProxies:0"] = "127.0.0.1",
            ["Operations:DrainDelay"] = "00:00:01",
        };
        var replicas = new GatewayReplica?[ports.Length];
        try
        {
            await Task.WhenAll(Enumerable.Range(0, ports.Length).Select(StartAsync));
            await using var nginx = await Nginx.StartAsync(ports);
            await using var readers = new ReadersOf(nginx, issuer);
            await readers.BeginAsync();
            await readers.HaveReadAsync(3 * Readers);
            for (var n = 0; n < replicas.Length; n++)
            {
                await replicas[n]!.StopAsync();
                await StartAsync(n);
            }

            await readers.HaveReadAsync(2 * Readers);
            await readers.StopAsync();

            readers.Failures.ShouldBeEmpty();
            readers.Ends.ShouldAllBe(reason => reason.Contains("drain"));
            readers.Ends.Count.ShouldBeGreaterThanOrEqualTo(Streams); // each replica had some, and each stream was on some replica
            var log = await nginx.ReadLogAsync();
            TestContext.Current.TestOutputHelper!.WriteLine(
                string.Join('\n', log.CountBy(request => string.Join(" then ", request.Asked.Select(replica => replica.Status)))));
            var responses = log.SelectMany(request => request.Asked).ToLookup(replica => replica.Port, replica => replica.Status);
            foreach (var port in ports)
            {
                responses[port].ShouldContain("502", "readers were given to it while it was away, or the test was too easy");
                responses[port].Last().ShouldBe("200", "it serves again");
            }
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await (replica?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }

        // A rollout waits until the new replica is healthy. While degraded it may be without Redis, and have no cached pages.
        async Task StartAsync(int n)
        {
            var environment = new Dictionary<string, string>(settings) { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{ports[n]}" };
            var replica = await GatewayReplica.StartAsync(environment);
            replicas[n] = replica;
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = replica.Address };
            await ReplicaSettings.EventuallyAsync(
                async () =>
                {
                    using var response = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct);
                    return await response.Content.ReadAsStringAsync(Ct);
                },
                health => health == "Healthy");
        }
    }

    /// <summary>
    /// Readers with a subject and a connection each, who read a page or ask a query a few times a second, and others who follow changes.
    /// </summary>
    private sealed class ReadersOf(Nginx nginx, TestIssuer issuer) : IAsyncDisposable
    {
        private const string Query = "&sort=name";

        private readonly HttpClient _client = nginx.CreateClient();
        private Task _readers = Task.CompletedTask;
        private int _responses;
        private volatile bool _isStopping;

        /// <summary>Responses other than a page of the gateway, and failed requests.</summary>
        public ConcurrentQueue<string> Failures { get; } = new();

        /// <summary>The reasons for which streams have ended.</summary>
        public ConcurrentQueue<string> Ends { get; } = new();

        /// <summary>Starts the readers, once a page is cached and the list is complete.</summary>
        public async Task BeginAsync()
        {
            var token = issuer.Issue();
            await ReplicaSettings.EventuallyAsync(() => ReadAsync("", 0, token), failure => failure is null);
            await ReplicaSettings.EventuallyAsync(() => ReadAsync(Query, 0, token), failure => failure is null);
            _readers = Task.WhenAll(
                [.. Enumerable.Range(0, Readers).Select(ReadOnAsync), .. Enumerable.Range(0, Streams).Select(FollowAsync)]);
        }

        /// <summary>Waits until the readers have had that many more responses.</summary>
        public async Task HaveReadAsync(int more)
        {
            var enough = Volatile.Read(ref _responses) + more;
            await ReplicaSettings.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref _responses)), responses => responses >= enough);
        }

        public Task StopAsync()
        {
            _isStopping = true;
            return _readers;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _client.Dispose();
        }

        private async Task ReadOnAsync(int number)
        {
            var token = issuer.Issue(token => token.Claims["sub"] = $"reader-{number}");
            await Task.Delay(BetweenReads * number / Readers, TimeProvider.System, Ct); // not all at the same moment
            using var pace = new PeriodicTimer(BetweenReads, TimeProvider.System);
            do
            {
                if (await ReadAsync(number % 2 == 0 ? "" : Query, number % 50, token) is { } failure)
                {
                    Failures.Enqueue(failure);
                }

                Interlocked.Increment(ref _responses);
            }
            while (await pace.WaitForNextTickAsync(Ct) && !_isStopping);
        }

        /// <summary>Follows the changes, and goes on at once, wherever nginx sends it, when a stream ends.</summary>
        private async Task FollowAsync(int number)
        {
            var token = issuer.Issue(token => token.Claims["sub"] = $"follower-{number}");
            string? position = null;
            while (!_isStopping)
            {
                try
                {
                    (string Name, string Value)[] headers = [("Authorization", $"Bearer {token}"), ("Last-Event-ID", position ?? "")];
                    await using var reader = await EventReader.OpenAsync(_client, headers: headers[..(position is null ? 1 : 2)]);
                    if (reader.Status != HttpStatusCode.OK)
                    {
                        Failures.Enqueue($"stream: {reader.Status}");
                        return;
                    }

                    position = await FollowAsync(reader, position);
                }
                catch (Exception lost) when (lost is HttpRequestException or IOException or TimeoutException)
                {
                    Failures.Enqueue(lost.ToString());
                }
            }
        }

        /// <summary>Reads a stream to its end; returns the position that it has led to.</summary>
        private async Task<string?> FollowAsync(EventReader reader, string? position)
        {
            while (!_isStopping && await reader.NextAsync() is { } message)
            {
                if (message.EventType == "reset" && position is not null) // the first one follows the progress of a first sweep
                {
                    Failures.Enqueue($"The position {position} was lost: reset to {message.EventId} {message.Data}");
                }
                else if (message.EventType == "end")
                {
                    Ends.Enqueue(message.Data);
                }

                position = message.EventId ?? position;
            }

            return position;
        }

        /// <summary>Reads a page; returns the failure, or null after a success.</summary>
        private async Task<string?> ReadAsync(string query, int index, string token)
        {
            var address = $"/api/task-runs?index={index}&limit=10{query}";
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, UriKind.Relative));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            try
            {
                using var response = await _client.SendAsync(request, Ct);
                var body = await response.Content.ReadAsStringAsync(Ct);
                var isPage = response.StatusCode == HttpStatusCode.OK
                    && body.StartsWith($$"""{"index":{{index}},"limit":10,""", StringComparison.Ordinal);
                var knowsItsName = response.Headers.Contains("Strict-Transport-Security"); // nginx forwards https and the public host
                return isPage && knowsItsName ? null : $"{response} {body}";
            }
            catch (HttpRequestException failure)
            {
                return failure.ToString();
            }
        }
    }
}
