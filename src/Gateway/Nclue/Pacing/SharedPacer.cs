using System.Collections.Frozen;
using NclueGateway.Redis;

namespace NclueGateway.Nclue.Pacing;

/// <summary>
/// The pacer of replicas that share one Redis: each departure is granted by one atomic step there. While Redis is away, a replica departs in its own
/// slot of a cycle, and one that never had a slot sends nothing while others may run.
/// </summary>
/// <remarks>
/// What Redis has said lasts: a pause is over when it was to be over, whatever becomes of Redis, and a claim without an answer counts as spent and
/// not granted. Between the two ways of departing lies a quiet time, so that what the one has let go stays apart from what the other lets go.
/// </remarks>
internal sealed class SharedPacer : IPacer
{
    /// <summary>How long a slot is kept for a replica that is not heard of, and how long it departs in it.</summary>
    public static readonly TimeSpan SlotLease = TimeSpan.FromHours(1);

    private static readonly TimeSpan TouchEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TouchWhileWaiting = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);
    private static readonly long LongestPause = Milliseconds(BackOff.LongestAskedFor);

    private readonly Lock _lock = new();
    private readonly Wire _wire;
    private readonly IPacerScript _script;
    private readonly RedisCircuit _circuit;
    private readonly NclueOptions _options;
    private readonly NclueCredentials _credentials;
    private readonly TimeProvider _time;
    private readonly RedisClock _clock;
    private readonly BlockDirectory _directory;
    private readonly ChangeSignal _changes;
    private readonly string _replica = $"r{Guid.NewGuid():N}";
    private readonly long _interval;
    private readonly TimeSpan _keepFor;
    private readonly HashSet<int> _flights = [];
    private readonly ChangeSignal _hurry = new();
    private PacerReply? _last;
    private FrozenDictionary<int, PacerFlight> _underWay = FrozenDictionary<int, PacerFlight>.Empty;
    private long _lastAskedAt = long.MinValue;
    private long _lastAt = long.MinValue;
    private long _notBefore = long.MinValue;
    private (long Number, long Next) _arrived;
    private long _pausedUntil = long.MinValue;
    private string _pausedFor = "";
    private Bid _bid;

    public SharedPacer(
        Wire wire,
        IPacerScript script,
        RedisCircuit circuit,
        NclueOptions options,
        NclueCredentials credentials,
        RedisClock clock,
        BlockDirectory directory,
        ChangeSignal changes,
        TimeSpan keepFor,
        TimeProvider time)
    {
        _wire = wire;
        _script = script;
        _circuit = circuit;
        _options = options;
        _credentials = credentials;
        _time = time;
        _clock = clock;
        _directory = directory;
        _changes = changes;
        _interval = Milliseconds(options.RequestInterval);
        _keepFor = keepFor;
        wire.Confirm = ConfirmAsync;
        wire.Sent = (departure, isNew) => Tell(new(PacerOperation.Written) { Number = departure.Grant.Number, IsNew = isNew });
        wire.Proved = Arrived;
    }

    public TimeSpan Interval => _wire.Interval;

    public TimeSpan? UntilOpen
    {
        get
        {
            lock (_lock)
            {
                var now = _time.GetTimestamp();
                return _wire.UntilOpen is not { } wire ? null : Longest(wire, UntilGranted(now));
            }
        }
    }

    public bool ServedWait
    {
        get
        {
            lock (_lock)
            {
                return _last?.Last == BidClass.Wait;
            }
        }
    }

    public SharedPause? Pause
    {
        get
        {
            lock (_lock)
            {
                var now = _time.GetTimestamp();
                return _pausedUntil > now
                    ? new(_time.GetElapsedTime(now, _pausedUntil), PauseRule.Named(_pausedFor))
                    : null;
            }
        }
    }

    public IReadOnlyList<Queue> Elsewhere
    {
        get
        {
            lock (_lock)
            {
                return _circuit.State.IsAnswering == true && _last is not null ? _last.Elsewhere : [];
            }
        }
    }

    public void Announce(Bid bid)
    {
        lock (_lock)
        {
            var isUrgent = bid.Queue.Blocks > 0 && _bid.Queue.Blocks == 0;
            _bid = bid;
            if (!isUrgent)
            {
                return;
            }
        }

        _hurry.Raise();
    }

    public TimeSpan? UnderWayElsewhere(int block)
    {
        if (!Volatile.Read(ref _underWay).TryGetValue(block, out var flight))
        {
            return null;
        }

        lock (_lock)
        {
            // A call of this replica's own that it does not know of is a claim that was not answered: its lease counts like another's.
            var now = _time.GetTimestamp();
            return _flights.Contains(block) || _clock.At(now).Least >= flight.Until ? null : _time.GetElapsedTime(_clock.TimestampOf(flight.Since), now);
        }
    }

    public async Task StartAsync() => await CallAsync(new(PacerOperation.Look), probePatience: RedisCircuit.StartPatience);

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var hurry = _hurry.Next;
            await CallAsync(new(PacerOperation.Look), probePatience: RedisCircuit.Patience);
            await _time.WaitAsync(hurry, UntilTouch(), stop);
        }
    }

    public async ValueTask LeaveAsync() => await CallAsync(new(PacerOperation.Leave));

    public async ValueTask<Departure?> ClaimAsync(int? block, Bid bid, long known)
    {
        var number = block ?? PacerCall.NoBlock;
        var askedAt = _time.GetTimestamp();
        lock (_lock)
        {
            _bid = bid;
            if (UntilGranted(askedAt) > TimeSpan.Zero)
            {
                return null;
            }

            if (_circuit.State.IsAnswering == false)
            {
                return _wire.TryDepart(new(0, _clock.At(askedAt).Least, askedAt));
            }
        }

        var reply = await CallAsync(new(PacerOperation.Claim) { Block = number, Known = known });
        lock (_lock)
        {
            switch (reply?.Outcome)
            {
                case PacerOutcome.Granted when _wire.TryDepart(new(reply.Value, reply.Now, askedAt)) is { } departure:
                    _flights.Add(number);
                    return departure;
                case PacerOutcome.Newer:
                    _directory.Set(number, reply.Value);
                    break;
                case PacerOutcome.Wait:
                    _notBefore = _time.GetTimestamp() + _time.Ticks(TimeSpan.FromMilliseconds(Math.Min(reply.Value, LongestPause)));
                    break;
            }
        }

        return null;
    }

    public async ValueTask<long> EndAsync(Departure departure, int? block, CallEnd end)
    {
        var number = block ?? PacerCall.NoBlock;
        lock (_lock)
        {
            _flights.Remove(number);
        }

        var fetched = departure.Grant.Time;
        var reply = await CallAsync(new(PacerOperation.End) { Block = number, Fetched = fetched, End = end });
        return reply?.Outcome switch
        {
            PacerOutcome.Stored => reply.Value,
            PacerOutcome.Late => fetched,
            _ => 0,
        };
    }

    public async ValueTask PauseAsync(Departure departure, PauseRule rule, TimeSpan? askedFor) =>
        await CallAsync(new(PacerOperation.Pause)
        {
            Fetched = departure.Grant.Time,
            Kind = rule.Name,
            First = Milliseconds(rule.First),
            Most = Milliseconds(rule.Longest),
            Asked = Math.Min(Milliseconds(askedFor ?? TimeSpan.Zero), LongestPause),
        });

    private static long Milliseconds(TimeSpan span) => (long)Math.Ceiling(span.TotalMilliseconds);

    private static TimeSpan Longest(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>How long until one of the two ways of departing is open, as far as this replica knows; MaxValue when no time alone opens one.</summary>
    private TimeSpan UntilGranted(long now)
    {
        var state = _circuit.State;
        return state.IsAnswering switch
        {
            true => Longest(Until(now, state.Since + _time.Ticks(Interval)), UntilRedisGrants(now)),
            false => now - state.SeenAt > _time.Ticks(TouchEvery * 1.5)
                ? RedisCircuit.Patience // this process has stood still: first the probe says whether Redis is still away
                : Longest(Until(now, state.Since + _time.Ticks(3 * Interval)), UntilSlot(now)),
            null => Interval, // it is being asked for the first time
        };
    }

    private TimeSpan UntilRedisGrants(long now)
    {
        var next = _last is null ? 0 : _last.Number == _arrived.Number ? Math.Min(_last.Next, _arrived.Next) : _last.Next;
        var open = _last is null ? 0 : Math.Max(next, _last.Quiet) - _clock.At(now).Most;
        return Longest(Until(now, _notBefore), open > 0 ? TimeSpan.FromMilliseconds(open) : TimeSpan.Zero);
    }

    private TimeSpan UntilSlot(long now)
    {
        if (_last is null)
        {
            return _options.ReplicaCount == 1 ? TimeSpan.Zero : TimeSpan.MaxValue;
        }

        if (SlotCycle.Of(_last, 4 * _interval, _interval) is not { } cycle || now - _lastAt > _time.Ticks(SlotLease))
        {
            return TimeSpan.MaxValue;
        }

        var (atLeast, atMost) = _clock.At(now);
        return cycle.Length == 1 ? TimeSpan.Zero
            : cycle.UntilOpen(atLeast, atMost) is { } wait ? TimeSpan.FromMilliseconds(wait)
            : TimeSpan.MaxValue;
    }

    private TimeSpan Until(long now, long then) => then > now ? _time.GetElapsedTime(now, then) : TimeSpan.Zero;

    private TimeSpan UntilTouch()
    {
        lock (_lock)
        {
            return _bid.Queue.Blocks > 0 && _circuit.State.IsAnswering == true ? TouchWhileWaiting : TouchEvery;
        }
    }

    /// <summary>
    /// Asked before a request is written. It may have been under way for long, when a connection had to be opened. One that Redis has granted then
    /// needs Redis' word that nobody has departed since, or takes the next departure; one of a slot waits for the next time that the slot is open.
    /// </summary>
    /// <exception cref="IOException">Nobody can say any more whether it may be written.</exception>
    private async ValueTask ConfirmAsync(Departure departure)
    {
        while (!MayBeWritten(departure, out var wait))
        {
            if (_circuit.State.IsAnswering == true)
            {
                var askedAt = _time.GetTimestamp();
                var reply = await CallAsync(new(PacerOperation.Write) { Number = departure.Grant.Number, Class = BidClass.OnTheWire });
                if (reply is { Outcome: PacerOutcome.Granted })
                {
                    departure.Renew(reply.Value, askedAt);
                    return;
                }

                wait = TimeSpan.FromMilliseconds(reply?.Value ?? 1);
            }

            if (wait == TimeSpan.MaxValue || departure.Call.IsCancellationRequested)
            {
                throw new IOException("A request was too late for its departure and was held back.");
            }

            await Task.Delay(wait.ForTimer(), _time, departure.Call)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <param name="departure">The departure of the request.</param>
    /// <param name="wait">How long until it may be written without Redis; MaxValue for never.</param>
    private bool MayBeWritten(Departure departure, out TimeSpan wait)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            wait = TimeSpan.MaxValue;
            if (departure.Grant.Number > 0)
            {
                // Nobody departs before the interval is over, and by then they have heard when this one was written.
                return now - departure.Grant.AskedAt <= _time.Ticks(Interval / 2);
            }

            if (_circuit.State.IsAnswering == false)
            {
                wait = UntilGranted(now);
            }

            return wait == TimeSpan.Zero;
        }
    }

    /// <summary>
    /// The first request of a connection has arrived, so that the next departure opens earlier. Redis is told, and decides; until it answers, what readers
    /// can expect counts from now.
    /// </summary>
    private void Arrived(Departure departure)
    {
        lock (_lock)
        {
            _arrived = (departure.Grant.Number, _clock.At(_time.GetTimestamp()).Most + _interval);
        }

        Tell(new(PacerOperation.Arrived) { Number = departure.Grant.Number });
    }

    private void Tell(PacerCall call)
    {
        if (_circuit.State.IsAnswering == true)
        {
            _ = CallAsync(call);
        }
    }

    /// <summary>Runs the script and takes in what it says; null when it does not answer.</summary>
    private async Task<PacerReply?> CallAsync(PacerCall call, TimeSpan? probePatience = null)
    {
        var askedAt = _time.GetTimestamp();
        try
        {
            call = Introduce(call, askedAt);
            var reply = probePatience is { } patience
                ? await _circuit.ProbeAsync(() => _script.RunAsync(call), patience)
                : await _circuit.RunAsync(() => _script.RunAsync(call));
            Take(reply, askedAt, _time.GetTimestamp());
            return reply;
        }
        catch (RedisAwayException)
        {
            return null;
        }
        finally
        {
            _changes.Raise();
        }
    }

    /// <summary>Adds who asks and what it knows.</summary>
    private PacerCall Introduce(PacerCall call, long now)
    {
        lock (_lock)
        {
            var state = _circuit.State;
            var since = _time.GetElapsedTime(state.Since, now);
            var (atLeast, atMost) = _clock.At(now);
            var isBack = state.IsAnswering == false;
            return call with
            {
                Replica = _replica,
                ReplicaCount = Math.Max(_options.ReplicaCount, isBack ? _last?.Cycle ?? 1 : 1), // the others may still depart in their slots
                Slot = _last?.Slot ?? -1,
                Now = atLeast,
                Unsure = atMost - atLeast,
                Interval = _interval,
                Patience = Milliseconds(RedisCircuit.Patience),
                Grace = Milliseconds(Grace),
                Lease = Milliseconds(SlotLease),
                Settle = 4 * _interval,
                Gap = Milliseconds(TouchEvery * 1.5),
                Quiet = 4 * _interval,
                LongestPause = LongestPause,
                Keep = Milliseconds(_keepFor),
                WasAway = isBack,
                IsSettled = state.IsAnswering == true && since > 4 * Interval,
                PausedUntil = _pausedUntil > now && _clock.IsKnown ? atLeast + (long)Until(now, _pausedUntil).TotalMilliseconds : 0,
                PausedFor = _pausedFor,
                Generation = _credentials.Accepted,
                Epoch = _last?.Epoch ?? 0,
                News = _last?.News ?? 0,
                Class = call.Class != BidClass.None ? call.Class : _bid.Class,
                Since = _bid.Class == BidClass.None ? 0 : _clock.At(_bid.Since).Least,
                Queue = _bid.Queue,
                Flights = [.. _flights],
            };
        }
    }

    private void Take(PacerReply reply, long askedAt, long receivedAt)
    {
        lock (_lock)
        {
            if (_last is not null && askedAt < _lastAt && (reply.Epoch == _last.Epoch ? reply.Tick < _last.Tick : askedAt < _lastAskedAt))
            {
                return; // it was overtaken
            }

            _credentials.Learn(reply.Generation);
            _clock.Observe(askedAt, receivedAt, reply.Now);
            _directory.Apply(reply);

            var until = receivedAt + _time.Ticks(TimeSpan.FromMilliseconds(Math.Min(reply.Pause - reply.Now, LongestPause)));
            if (reply.Pause > reply.Now && until > _pausedUntil)
            {
                (_pausedUntil, _pausedFor) = (until, reply.PausedFor);
            }

            Volatile.Write(ref _underWay, reply.Flights.DistinctBy(flight => flight.Block).ToFrozenDictionary(flight => flight.Block));
            (_last, _lastAskedAt, _lastAt) = (reply, askedAt, receivedAt);
        }
    }
}
