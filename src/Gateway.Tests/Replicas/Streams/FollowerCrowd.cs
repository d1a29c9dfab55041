using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>
/// Followers of the changes of one list, all over the replicas of a cluster. It collects what they have seen: each text of a version is
/// compared with those that others got for the same version.
/// </summary>
internal sealed class FollowerCrowd : IAsyncDisposable
{
    private readonly ConcurrentDictionary<SnapshotVersion, Told> _versions = new();
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly ListFollower[] _followers;
    private readonly ConcurrentQueue<string> _lost = [];
    private readonly Task _running;
    private int _opened;
    private int _cut;
    private int _resets;
    private int _refusals;
    private int _bookmarks;
    private int _waits;
    private int _messages;

    public FollowerCrowd(StreamCluster cluster, int count, TimeSpan cutAfter)
    {
        (Cluster, CutAfter) = (cluster, cutAfter);
        _followers = [.. Enumerable.Range(0, count).Select(number => new ListFollower(this, number))];
        _running = Task.WhenAll(_followers.Select(follower => Task.Run(() => follower.RunAsync(_end.Token))));
    }

    public StreamCluster Cluster { get; }

    /// <summary>Mean time after which a follower cuts its stream and goes on at another replica; zero for never.</summary>
    public TimeSpan CutAfter { get; }

    /// <summary>Messages that contradict the contract.</summary>
    public ConcurrentQueue<string> Violations { get; } = [];

    /// <summary>The reasons for which replicas have ended streams, and the times.</summary>
    public ConcurrentQueue<(string Reason, long At)> Ends { get; } = [];

    /// <summary>Streams that were opened.</summary>
    public int Opened => _opened;

    /// <summary>Streams that a replica has ended without saying so.</summary>
    public int Lost => _lost.Count;

    public int Resets => _resets;

    /// <summary>Bookmarks of replicas that could not read the follower's version yet: they count the runs of an older one.</summary>
    public int Waits => _waits;

    /// <summary>Streams that are open.</summary>
    public int Open => _followers.Count(follower => follower.IsOpen);

    /// <summary>Followers that have the list.</summary>
    public int CountWith(RunSet list) => _followers.Count(follower => follower.Fingerprint == list.Fingerprint);

    /// <summary>The time of the list in the last bookmark of each follower, and when it came.</summary>
    public IEnumerable<(DateTimeOffset AsOf, DateTimeOffset ReceivedAt)> Bookmarks => _followers.Select(follower => follower.Bookmark);

    public void NoteOpened() => Interlocked.Increment(ref _opened);

    public void NoteCut() => Interlocked.Increment(ref _cut);

    public void NoteLost(string how) => _lost.Enqueue(how);

    public void NoteReset() => Interlocked.Increment(ref _resets);

    public void NoteRefusal() => Interlocked.Increment(ref _refusals);

    public void NoteBookmark() => Interlocked.Increment(ref _bookmarks);

    public void NoteWait() => Interlocked.Increment(ref _waits);

    /// <summary>Returns what a message tells, after a comparison with the one that others got for the version.</summary>
    public Told Note(SnapshotVersion version, string data)
    {
        Interlocked.Increment(ref _messages);
        var told = _versions.GetOrAdd(version, _ => Told.Read(data));
        if (told.Data != data)
        {
            Violations.Enqueue($"{version} has two texts: {data} and {told.Data}");
        }

        return told;
    }

    /// <summary>Waits until all followers have the list; returns the time that they needed.</summary>
    public async Task<TimeSpan> HaveAsync(RunSet list, TimeSpan patience)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (CountWith(list) is var have && have < _followers.Length)
        {
            var difference = list.DifferenceTo(_followers[0].Runs);
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(
                patience, $"{have} have the list. The first: {difference}. {Cluster.DescribeArrivals()}. {this}");
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        return TimeProvider.System.GetElapsedTime(began);
    }

    /// <summary>Ends all streams, and looks for versions that a follower has not been told.</summary>
    public async Task StopAsync()
    {
        await _end.CancelAsync();
        await _running;
        var all = _versions.Keys.OrderBy(version => (version.Epoch, version.Number)).ToArray();
        foreach (var (from, to, told) in _followers.SelectMany(follower => follower.Paths))
        {
            var between = all.Where(version => version.Epoch == from.Epoch && version.Number > from.Number && version.Number <= to.Number);
            if (!between.SequenceEqual(told))
            {
                Violations.Enqueue($"From {from} to {to} a follower was told {string.Join(' ', told)}");
            }
        }
    }

    public override string ToString() =>
        $"{_followers.Length} followers, {_opened} streams, {_cut} cut, {_lost.Count} lost, {_resets} resets, {_refusals} refusals, "
        + $"{_versions.Count} versions with {_versions.Values.Sum(version => version.Changes.Count)} changes, {_messages} messages, "
        + $"{_bookmarks} bookmarks, {_waits} of an older version, ends: {string.Join(", ", Ends.CountBy(end => end.Reason))}; "
        + $"{string.Join(", ", _lost.CountBy(how => how))}; {string.Join('\n', Violations.Take(5))}";

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
    }

    /// <summary>The changes of one version.</summary>
    internal sealed record Told(string Data, int Total, IReadOnlyList<(string Type, string Id, ulong Hash)> Changes)
    {
        public static Told Read(string data)
        {
            using var json = JsonDocument.Parse(data);
            return new(data, json.RootElement.GetProperty("total").GetInt32(),
            [
                .. json.RootElement.GetProperty("changes").EnumerateArray().Select(change => (
                    change.GetProperty("type").GetString()!,
                    change.GetProperty("id").GetString()!,
                    RunSet.HashOf(Encoding.UTF8.GetBytes(change.GetProperty("run").GetRawText())))),
            ]);
        }
    }
}
