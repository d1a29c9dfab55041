using System.Globalization;
using System.Text;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>A fault of the upstream.</summary>
internal enum UpstreamFault
{
    None,
    ServerError,
    Unreachable,
    Hang,
    Throttled,
    QuotaExceeded,
    Garbage,
    KeyRefused,
}

/// <summary>One request that has arrived at the upstream.</summary>
internal readonly record struct ModelArrival(long WrittenAt, long At, SimulatedProcess Process, int Block);

/// <summary>
/// A model of NCLUE that enforces its limit strictly. The name of each block's first row is the time at which the block
/// was read from the account, so that the true age of a page can be checked.
/// </summary>
/// <param name="blocks">Number of blocks of the account; the last one is half full.</param>
/// <param name="usualDelay">Usual time until a response (ms).</param>
internal sealed class ModelNclue(World world, int blocks, (double From, double To) usualDelay)
{
    public static readonly (double From, double To) UsualConnect = (1, 60);

    private static readonly TimeSpan Strictly = TimeSpan.FromSeconds(1);

    private readonly List<ModelArrival> _arrivals = [];
    private readonly string[] _rows = [.. Enumerable.Range(0, blocks).Select(block => string.Concat(
        Enumerable.Range(1, (block == blocks - 1 ? 50 : TaskRunRows.Capacity) - 1)
            .Select(row => $$""",{"run_id":"{{block}}-{{row}}"}""")))];

    public int Blocks => blocks;

    public int Rows => (blocks * TaskRunRows.Capacity) - 50;

    public IReadOnlyList<ModelArrival> Arrivals => _arrivals;

    public (double From, double To) UsualDelay { get; } = usualDelay;

    /// <summary>Time until a response (ms).</summary>
    public (double From, double To) Delay { get; set; } = usualDelay;

    /// <summary>
    /// Time until a connection is open, and maximum time from the write to the arrival of its first request (ms).
    /// </summary>
    public (double From, double To) Connect { get; set; } = UsualConnect;

    public double FirstArrival { get; set; } = 30;

    public UpstreamFault Fault { get; set; }

    /// <summary>The account whose runs it lists; null for blocks that never change.</summary>
    public ModelAccount? Account { get; init; }

    /// <summary>The rows of the account's responses, by their bodies.</summary>
    public Dictionary<UInt128, NormalizedRows> Normalized { get; } = [];

    public TimeSpan? RetryAfter { get; set; }

    /// <summary>Returns the response to a request for a block or window; null for the usual one.</summary>
    public Func<int, FetchResult?> Instead { get; set; } = _ => null;

    /// <summary>Called for each arrival.</summary>
    public Action<ModelArrival> Arrived { get; set; } = _ => { };

    /// <summary>Returns the time at which the block with these rows was read from the account.</summary>
    public static long ReadAt(TaskRunRows rows)
    {
        var text = Encoding.UTF8.GetString(rows.Slice(0, 1).Span);
        var start = text.IndexOf("\"name\":\"", StringComparison.Ordinal) + "\"name\":\"".Length;
        return long.Parse(text.AsSpan(start, text.IndexOf('"', start) - start), CultureInfo.InvariantCulture);
    }

    public IBlockFetcher SourceFor(SimulatedProcess process, RequestGate gate, NclueOptions options) =>
        new Source(this, world, process, gate, options);

    private void Arrive(SimulatedProcess process, int block, bool onNewConnection, Action<FetchResult?> response)
    {
        var writtenAt = world.Now;
        world.After(onNewConnection ? world.Between(0, FirstArrival) : TimeSpan.Zero, () =>
        {
            var isTooSoon = _arrivals.Count > 0 && world.Since(_arrivals[^1].At) < Strictly;
            var arrival = new ModelArrival(writtenAt, world.Now, process, block);
            _arrivals.Add(arrival);
            Arrived(arrival);
            var outcome = isTooSoon ? Refuse(NclueFailureKind.Throttled) : Respond(block);
            if (outcome is not { } known)
            {
                return; // the upstream hangs
            }

            world.After(world.Between(Delay.From, Delay.To), () => response(known));
        });
    }

    private FetchResult? Respond(int block) => Instead(block) is { } other ? other : Fault switch
    {
        UpstreamFault.Hang => null,
        UpstreamFault.ServerError => FetchResult.Failed(NclueFailureKind.ServerError, "503"),
        UpstreamFault.Unreachable => FetchResult.Failed(NclueFailureKind.Unreachable, "cut"),
        UpstreamFault.Throttled => Refuse(NclueFailureKind.Throttled),
        UpstreamFault.QuotaExceeded => Refuse(NclueFailureKind.QuotaExceeded),
        UpstreamFault.KeyRefused => FetchResult.Failed(NclueFailureKind.CredentialsRefused, "401"),
        UpstreamFault.Garbage => FetchResult.Success("<html>"u8.ToArray()),
        _ when Account is not null => FetchResult.Success(Encoding.UTF8.GetBytes(Account.Read(RowWindow.Of(block, IndexUnit.Row)))),
        _ => FetchResult.Success(Encoding.UTF8.GetBytes(
            $$"""{"total":{{Rows}},"runs":[{"run_id":"{{block}}-0","run_name":"{{world.Now}}"}{{_rows[block]}}]}""")),
    };

    private FetchResult Refuse(NclueFailureKind kind) => FetchResult.Failed(kind, "429", RetryAfter);

    private sealed class Source(ModelNclue nclue, World world, SimulatedProcess process, RequestGate gate, NclueOptions options)
        : IBlockFetcher
    {
        private int _idle;

        public async Task<FetchResult> GetBlockAsync(int number, Permit permit)
        {
            using var timeout = new CancellationTokenSource(options.Timeout, process.Time);
            permit.Begin(timeout.Token);
            var isNew = _idle == 0;
            _idle = Math.Max(0, _idle - 1);
            var response = new TaskCompletionSource<FetchResult?>();
            try
            {
                if (isNew)
                {
                    await Task.Delay(world.Between(nclue.Connect.From, nclue.Connect.To), process.Time, timeout.Token);
                }

                await gate.SendAsync(permit, isNew, () =>
                {
                    nclue.Account?.Departed(permit.Grant.Time);
                    nclue.Arrive(process, number, isNew, outcome => response.TrySetResult(outcome));
                    return default;
                });
                var outcome = (await response.Task.WaitAsync(timeout.Token))!.Value;
                permit.Close();
                if (outcome.Failure is not { Kind: NclueFailureKind.Unreachable })
                {
                    _idle++;
                }

                return outcome;
            }
            catch (OperationCanceledException)
            {
                return FetchResult.Failed(NclueFailureKind.TimedOut, "too slow");
            }
            catch (IOException)
            {
                return FetchResult.Failed(NclueFailureKind.Unreachable, "held back");
            }
        }
    }
}
