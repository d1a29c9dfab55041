using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Features;
using NclueGateway.Access.Sessions;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>
/// One stream or waiting poll. It holds no queue: its reader looks for itself what is new each time that <see cref="OpenStreams"/> wakes
/// it.
/// </summary>
/// <param name="access">The access of its caller.</param>
/// <param name="endsAt">Timestamp of its planned end.</param>
/// <param name="request">The request, to abort it.</param>
internal sealed class OpenStream(AccessGrant access, long endsAt, IHttpRequestLifetimeFeature request)
{
    private const long NotWoken = 0;

    // Wakes that are not heard yet are one: the reader reads all there is.
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private int _end = -1;
    private long _endedAt;
    private long _wokenAt;
    private long _sentAt = long.MaxValue;
    private long _drainsAt = long.MaxValue;

    /// <summary>The access of its caller.</summary>
    public AccessGrant Access => access;

    /// <summary>Timestamp of its planned end.</summary>
    public long EndsAt => endsAt;

    /// <summary>The reason for which it must end; null until there is one.</summary>
    public EndReason? End => Volatile.Read(ref _end) is >= 0 and var reason ? (EndReason)reason : null;

    /// <summary>Timestamp at which <see cref="End"/> was set.</summary>
    public long EndedAt => Volatile.Read(ref _endedAt);

    /// <summary>Timestamp of its last message; the largest number for a poll.</summary>
    public long SentAt
    {
        get => Volatile.Read(ref _sentAt);
        set => Volatile.Write(ref _sentAt, value);
    }

    /// <summary>Timestamp of its end during a shutdown; the largest number before.</summary>
    public long DrainsAt
    {
        get => Volatile.Read(ref _drainsAt);
        set => Volatile.Write(ref _drainsAt, value);
    }

    /// <summary>Timestamp of the first wake that its reader has not heard yet; null if it has heard all.</summary>
    public long? WokenAt => Volatile.Read(ref _wokenAt) is not NotWoken and var at ? at : null;

    /// <summary>Makes the reader look for what is new. It never waits for the reader.</summary>
    /// <param name="now">The present timestamp.</param>
    public void Wake(long now)
    {
        Interlocked.CompareExchange(ref _wokenAt, now, NotWoken);
        _wakes.Writer.TryWrite(true);
    }

    /// <summary>Waits for the next wake.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await _wakes.Reader.ReadAsync(cancellationToken);
        Volatile.Write(ref _wokenAt, NotWoken);
    }

    /// <summary>Makes the reader end the stream, unless it ends already.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="now">The present timestamp.</param>
    public void EndWith(EndReason reason, long now)
    {
        if (Interlocked.CompareExchange(ref _end, (int)reason, -1) == -1)
        {
            Volatile.Write(ref _endedAt, now);
            Wake(now);
        }
    }

    /// <summary>Ends the connection of a reader that does not read its last message.</summary>
    public void Abort() => request.Abort();
}
