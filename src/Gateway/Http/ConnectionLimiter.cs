using System.Buffers;
using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NclueGateway.Hosting;

namespace NclueGateway.Http;

/// <summary>
/// Limits the connections of one Kestrel endpoint. Each address may open a limited number, and a new connection must send a request soon.
/// Kestrel's own limit is shared by all addresses, and Kestrel allows a new connection the keep-alive timeout for its first byte.
/// </summary>
[LogCategory("NclueGateway.Http.ConnectionLimiter")]
internal sealed partial class ConnectionLimiter(HttpOptions http, TimeProvider time, ILogger<ConnectionLimiter> logger) : IDisposable
{
    private const byte TlsHandshake = 0x16; // RFC 8446 §5.1

    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly TrustedAddresses _proxies = new(http);
    private readonly Lock _lock = new();
    private readonly PartitionedRateLimiter<IPAddress> _open = PartitionedRateLimiter.Create<IPAddress, AddressRange>(address =>
        RateLimitPartition.GetConcurrencyLimiter(
            AddressRange.Of(address), _ => new() { PermitLimit = RequestLimits.ConnectionsPerAddress, QueueLimit = 0 }));

    private long? _warnedAt;

    /// <summary>Adds a separate limiter to each endpoint, so that callers cannot use up the connections of the operations port.</summary>
    public static void Apply(ListenOptions listen)
    {
        var limiter = ActivatorUtilities.CreateInstance<ConnectionLimiter>(listen.ApplicationServices);
        listen.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(limiter.Dispose);
        listen.Use(next => connection => limiter.OnConnectionAsync(connection, next));
    }

    public void Dispose() => _open.Dispose();

    private async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        // A proxy forwards the requests of many callers, and a connection over a Unix socket has no address.
        if ((connection.RemoteEndPoint as IPEndPoint)?.Address is not { } address || _proxies.Contain(address))
        {
            await ServeAsync(connection, next);
            return;
        }

        using var lease = _open.AttemptAcquire(address);
        if (!lease.IsAcquired)
        {
            Warn(address);
            connection.Abort(new ConnectionAbortedException("The address has too many open connections."));
            return;
        }

        await ServeAsync(connection, next);
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        switch (await ReadFirstByteAsync(connection))
        {
            case null:
                connection.Abort(new ConnectionAbortedException("The first byte did not arrive in time."));
                return;
            case TlsHandshake:
                // Kestrel limits the time of the handshake and of the request headers. Between the two, a client may
                // wait for the whole keep-alive timeout.
                using (var request = new FirstRequest(connection, time))
                {
                    connection.Features.Set(request);
                    await next(connection);
                }

                return;
            default:
                await next(connection);
                return;
        }
    }

    /// <summary>
    /// Waits for the first byte that is not a line break (RFC 9112 §2.2 lets a server ignore those), and leaves it
    /// unread.
    /// </summary>
    /// <returns>Null on timeout, when the client closed the connection, or when the server shuts down.</returns>
    private async Task<byte?> ReadFirstByteAsync(ConnectionContext connection)
    {
        using var timeout = new CancellationTokenSource(RequestLimits.FirstByteWithin, time);
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            ?? CancellationToken.None;
        await using var stop = stopping.UnsafeRegister(static timeout => ((CancellationTokenSource)timeout!).Cancel(), timeout);
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(timeout.Token);
                var (first, position) = SkipLineEnds(read.Buffer);
                input.AdvanceTo(position, first is null ? read.Buffer.End : position);
                if (first is not null || read.IsCompleted)
                {
                    return first;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception reset) when (reset is IOException or ConnectionAbortedException)
        {
            return null;
        }
    }

    private static (byte? First, SequencePosition Position) SkipLineEnds(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.AdvancePastAny((byte)'\r', (byte)'\n');
        return (reader.TryPeek(out var first) ? first : null, reader.Position);
    }

    private void Warn(IPAddress address)
    {
        lock (_lock)
        {
            if (_warnedAt is { } warned && time.GetElapsedTime(warned) < BetweenWarnings)
            {
                return;
            }

            _warnedAt = time.GetTimestamp();
        }

        Refused(logger, address, RequestLimits.ConnectionsPerAddress);
    }

    [LoggerMessage(1, LogLevel.Warning, "Connections from {Address} are refused: it has {Limit} open. If it is a proxy, add it to "
        + "Http:KnownProxies")]
    private static partial void Refused(ILogger logger, IPAddress address, int limit);
}

/// <summary>Ends a connection over TLS on which no request arrives in time.</summary>
internal sealed class FirstRequest(ConnectionContext connection, TimeProvider time) : IDisposable
{
    private readonly ITimer _deadline = time.CreateTimer(
        static connection => ((ConnectionContext)connection!).Abort(new ConnectionAbortedException("No request arrived in time.")),
        connection,
        RequestLimits.FirstRequestWithin,
        Timeout.InfiniteTimeSpan);

    /// <summary>Stops the timer: the connection has sent a request.</summary>
    public void Dispose() => _deadline.Dispose();
}
