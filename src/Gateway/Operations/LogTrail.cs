using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;

namespace NclueGateway.Operations;

/// <summary>
/// Writes what requests tell the log, in order and behind them, all that has come since the last time together: telling it costs a request nothing
/// but a place in a queue. When the log is so slow that the queue is full, or fails, entries are dropped, counted and told of as an error. What is
/// in the queue when the gateway stops is still written; before and after that, an entry is written at once.
/// </summary>
/// <remarks>Any number of requests record without a lock.</remarks>
/// <param name="output">What the log ends in, where it can write several entries at once.</param>
/// <param name="time">The clock that <see cref="AlertInterval"/> goes by.</param>
/// <param name="droppedCounter">Counts the entries that could not be written.</param>
internal abstract class LogTrail<T>(LogOutput? output, TimeProvider time, Counter<long> droppedCounter) : BackgroundService
{
    /// <summary>The most entries that wait to be written, in each of the two queues.</summary>
    public const int Capacity = 10_000;

    /// <summary>The least time between two errors about dropped entries; what is dropped in between is told with the next one.</summary>
    public static readonly TimeSpan AlertInterval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long an entry waits for others, at most, by the machine's clock. Measured: less costs reads more, because a thread is woken for each time;
    /// more of it holds a processor for longer at a time, which the slowest reads in a hundred are those to feel.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // Not a channel: each write to it takes a lock, and wakes whoever reads.
    private readonly Waiting _normal = new();
    private readonly Waiting _lowPriority = new();
    private readonly Lock _writing = new();
    private volatile bool _isRunning;
    private long _dropped;
    private long? _alertedAt;

    /// <summary>Puts an entry into the queue. Never throws, and never waits while the gateway runs.</summary>
    public void Record(T entry) => Record(entry, _normal);

    /// <summary>Puts an entry of low priority into a queue of its own: it is written when no other entry waits.</summary>
    public void RecordLowPriority(T entry) => Record(entry, _lowPriority);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        droppedCounter.Add(0); // there before the first drop: else Prometheus would miss that one
        _isRunning = true;
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (ExecuteTask is { IsCanceled: true })
        {
            End(); // before it began
        }
    }

    /// <summary>Logs an entry.</summary>
    protected abstract void Write(T entry);

    /// <summary>Logs that entries were dropped.</summary>
    protected abstract void Alert(long dropped);

    /// <summary>On a thread of its own: one of the pool, held up by a slow log, would be missed by requests.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Factory.StartNew(
        () =>
        {
            while (!stoppingToken.WaitHandle.WaitOne(Pause))
            {
                WriteQueue();
            }

            End();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>
    /// Requests are over before the trail is told to stop. One that was cut off records later, and sees that nobody writes but itself; or its entry is
    /// in the queue by now.
    /// </summary>
    private void End()
    {
        _isRunning = false;
        Interlocked.MemoryBarrierProcessWide();
        WriteQueue();
        lock (_writing)
        {
            AlertOfDrops();
        }
    }

    private void Record(T entry, Waiting queue)
    {
        if (Interlocked.Increment(ref queue.Count) > Capacity)
        {
            Interlocked.Decrement(ref queue.Count);
            CountDrops(1);
            return;
        }

        queue.Entries.Enqueue(entry);
        if (!_isRunning)
        {
            WriteQueue();
        }
    }

    private void WriteQueue()
    {
        if (_normal.Entries.IsEmpty && _lowPriority.Entries.IsEmpty && Volatile.Read(ref _dropped) == 0)
        {
            return;
        }

        lock (_writing)
        {
            // A log that throws must not end the trail, and there is no other one to tell.
            var written = 0;
            var told = 0L;
            try
            {
                using (output?.Gather())
                {
                    while (_normal.TryTake(out var entry) || _lowPriority.TryTake(out entry))
                    {
                        written += TryWrite(entry) ? 1 : 0;
                        told += AlertOfDropsWhenDue();
                    }

                    told += AlertOfDropsWhenDue();
                }
            }
            catch (Exception)
            {
                CountDrops(written); // at most: how many of them went out before, nobody knows
                Interlocked.Add(ref _dropped, told); // nor whether that did: the next alert tells of them
            }
        }
    }

    private bool TryWrite(T entry)
    {
        try
        {
            Write(entry);
            return true;
        }
        catch (Exception)
        {
            CountDrops(1);
            return false;
        }
    }

    private void CountDrops(int number)
    {
        Interlocked.Add(ref _dropped, number);
        droppedCounter.Add(number);
    }

    private long AlertOfDropsWhenDue() =>
        _alertedAt is not { } alertedAt || time.GetElapsedTime(alertedAt) >= AlertInterval ? AlertOfDrops() : 0;

    private long AlertOfDrops()
    {
        var dropped = Interlocked.Exchange(ref _dropped, 0);
        if (dropped > 0)
        {
            _alertedAt = time.GetTimestamp();
            Alert(dropped);
        }

        return dropped;
    }

    /// <summary>Entries that wait, and their number: the queue itself counts them slowly.</summary>
    private sealed class Waiting
    {
        public readonly ConcurrentQueue<T> Entries = new();
        public int Count;

        public bool TryTake([MaybeNullWhen(false)] out T entry)
        {
            if (!Entries.TryDequeue(out entry))
            {
                return false;
            }

            Interlocked.Decrement(ref Count);
            return true;
        }
    }
}
