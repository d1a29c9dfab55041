using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>
/// A consumer as others write it: it reads the list once, applies the changes, and goes on at any replica by Last-Event-ID. It checks each
/// message against what it has.
/// </summary>
internal sealed class ListFollower(FollowerCrowd crowd, int number)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly Random _random = new(number);
    private readonly string _token = crowd.Cluster.TokenOf($"follower-{number}");
    private RunSet _runs = new();
    private SnapshotVersion? _position;
    private int _replica = -1;

    /// <summary>Its runs, as they were at some moment.</summary>
    public RunSet Runs => _runs;

    /// <summary>Number and hash of its runs.</summary>
    public (int Count, ulong Hash) Fingerprint { get; private set; }

    /// <summary>True while it has a stream.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The time of the list in the last bookmark.</summary>
    public (DateTimeOffset AsOf, DateTimeOffset ReceivedAt) Bookmark { get; private set; }

    /// <summary>For each time that it read the list: the versions from which and to which it was led, and those with changes.</summary>
    public List<(SnapshotVersion From, SnapshotVersion To, List<SnapshotVersion> Told)> Paths { get; } = [];

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await ChooseReplicaAsync(stop) is { } address && (_position is not null || await ReadListAsync(address, stop)))
                {
                    await FollowAsync(address, stop);
                }
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException && !stop.IsCancellationRequested)
            {
                crowd.NoteLost(lost.Message);
                await PauseAsync(100, stop);
            }
            catch (Exception ended) when (ended is OperationCanceledException or IOException or HttpRequestException)
            {
                // The test is over.
            }

            IsOpen = false;
        }
    }

    private async Task<Uri?> ChooseReplicaAsync(CancellationToken stop)
    {
        var replicas = crowd.Cluster.Serving;
        _replica = _replica < 0 ? _random.Next(replicas.Length)
            : replicas.Length > 1 ? (_replica + _random.Next(1, replicas.Length)) % replicas.Length // another one
            : 0;
        if (replicas[_replica] is { } replica)
        {
            return replica.Address;
        }

        await PauseAsync(20, stop); // a load balancer knows that it is gone
        return null;
    }

    private async Task<bool> ReadListAsync(Uri address, CancellationToken stop)
    {
        var (runs, monitor) = (new RunSet(), (string?)null);
        for (var next = "/api/task-runs?sort=-createdAt&limit=100"; next is not null;)
        {
            using var request = Request(new(address, next), "application/json");
            using var response = await Http.SendAsync(request, stop);
            var body = await response.Content.ReadAsStringAsync(stop);
            if (!response.IsSuccessStatusCode)
            {
                await NoteRefusalAsync(response, body, stop);
                return false;
            }

            using var page = JsonDocument.Parse(body);
            foreach (var run in page.RootElement.GetProperty("runs").EnumerateArray())
            {
                runs.Add(run.GetProperty("id").GetString()!, RunSet.HashOf(Encoding.UTF8.GetBytes(run.GetRawText())));
            }

            var links = string.Join(", ", response.Headers.GetValues("Link"));
            monitor ??= Regex.Match(links, "since=([^>]*)>; rel=\"monitor\"").Groups[1].Value;
            next = Regex.Match(links, "<([^>]*)>; rel=\"next\"") is { Success: true } link ? link.Groups[1].Value : null;
        }

        SnapshotVersion.TryParse(monitor, out var version).ShouldBeTrue(monitor);
        (_runs, _position, Fingerprint) = (runs, version, runs.Fingerprint);
        Paths.Add((version, version, []));
        return true;
    }

    private async Task FollowAsync(Uri address, CancellationToken stop)
    {
        using var request = Request(new(address, "/api/task-runs/changes"), "text/event-stream");
        request.Headers.Add("Last-Event-ID", _position.ToString());
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            await NoteRefusalAsync(response, await response.Content.ReadAsStringAsync(stop), stop);
            return;
        }

        crowd.NoteOpened();
        IsOpen = true;
        var time = crowd.CutAfter > TimeSpan.Zero ? crowd.CutAfter * (2 * _random.NextDouble()) : Timeout.InfiniteTimeSpan;
        using var due = new CancellationTokenSource(time, TimeProvider.System);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(stop, due.Token);

        try
        {
            var body = await response.Content.ReadAsStreamAsync(cut.Token);
            await foreach (var message in SseParser.Create(body).EnumerateAsync(cut.Token))
            {
                if (message.EventType == "end")
                {
                    using var json = JsonDocument.Parse(message.Data);
                    crowd.Ends.Enqueue((json.RootElement.GetProperty("reason").GetString()!, TimeProvider.System.GetTimestamp()));
                    return;
                }

                if (!Take(message))
                {
                    return;
                }
            }

            crowd.NoteLost("The stream has ended without a message.");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            crowd.NoteCut();
        }
    }

    /// <summary>Takes a message; returns false if the list has to be read again.</summary>
    private bool Take(SseItem<string> message)
    {
        if (!SnapshotVersion.TryParse(message.EventId, out var version))
        {
            crowd.Violations.Enqueue($"{message.EventType} has the id {message.EventId}");
            return true;
        }

        switch (message.EventType)
        {
            case "changes":
                Apply(version, crowd.Note(version, message.Data));
                break;
            case "bookmark":
                using (var json = JsonDocument.Parse(message.Data))
                {
                    crowd.NoteBookmark();
                    Bookmark = (json.RootElement.GetProperty("asOf").GetDateTimeOffset(), TimeProvider.System.GetUtcNow());
                    Expect(version.Number >= _position!.Value.Number, $"the bookmark {version} at {_position}");
                    if (json.RootElement.GetProperty("total").GetInt32() != _runs.Count)
                    {
                        Expect(version == _position, $"{message.Data} at {version} with {_runs.Count} runs");
                        crowd.NoteWait();
                    }
                }

                break;
            case "reset":
                crowd.NoteReset();
                _position = null;
                return false;
            default:
                crowd.Violations.Enqueue($"{message.EventType} {message.Data}");
                break;
        }

        _position = version;
        Paths[^1] = Paths[^1] with { To = version };
        return true;
    }

    private void Apply(SnapshotVersion version, FollowerCrowd.Told told)
    {
        Expect(version.Number > _position!.Value.Number && version.Epoch == _position.Value.Epoch, $"{version} after {_position}");
        foreach (var (type, id, hash) in told.Changes)
        {
            var isAsExpected = type switch
            {
                "created" => _runs.Add(id, hash),
                "updated" => _runs.Remove(id) && _runs.Add(id, hash),
                _ => _runs.Remove(id),
            };
            Expect(isAsExpected, $"{type} {id} at {version}");
        }

        Expect(told.Total == _runs.Count, $"{told.Total} runs at {version}, and not {_runs.Count}");
        Fingerprint = _runs.Fingerprint;
        Paths[^1].Told.Add(version);
    }

    private void Expect(bool isSo, string what)
    {
        if (!isSo)
        {
            crowd.Violations.Enqueue($"Follower {number}: {what}");
        }
    }

    /// <summary>A consumer retries after these refusals alone. Pages may be gone while Redis loses its data.</summary>
    private async Task NoteRefusalAsync(HttpResponseMessage response, string body, CancellationToken stop)
    {
        crowd.NoteRefusal();
        var isTransient = response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests
            || (_position is null && response.StatusCode == HttpStatusCode.Gone);
        Expect(isTransient, $"{response.StatusCode} {body}");
        await PauseAsync(200, stop);
    }

    private Task PauseAsync(int milliseconds, CancellationToken stop) => Task.Delay(
        TimeSpan.FromMilliseconds(milliseconds * (0.5 + _random.NextDouble())), TimeProvider.System, stop);

    private HttpRequestMessage Request(Uri address, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new("Bearer", _token);
        request.Headers.Accept.ParseAdd(accept);
        return request;
    }
}
