using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using NclueGateway.Hosting;
using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The key ring for tickets and pending sign-ins, in Redis, so that every replica can read the tickets of the other
/// ones. When Redis has lost its data, each replica writes back the keys that it knows. Otherwise a replica that starts
/// then would create its own key, and for a day the replicas could not read each other's tickets.
/// </summary>
/// <param name="connection">Redis.</param>
/// <param name="circuit">The circuit of Redis.</param>
/// <param name="unreadable">Warns of entries that are not keys.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
/// <param name="key">The key of the list in Redis.</param>
/// <param name="seal">Authenticates keys. Null without a certificate: then every key in Redis is used.</param>
[LogCategory("NclueGateway.Access.Sessions.KeyRing")]
internal sealed partial class RedisKeyRepository(
    RedisConnection connection,
    RedisCircuit circuit,
    UnreadableValues unreadable,
    TimeProvider time,
    ILogger<RedisKeyRepository> logger,
    string key,
    KeySeal? seal = null)
    : BackgroundService, IXmlRepository
{
    private readonly ConcurrentDictionary<string, XElement> _known = new(StringComparer.Ordinal);
    private readonly StoredKeys _redis = new(connection, unreadable, key);
    private int _hasWarnedOfRefused;

    /// <summary>Returns true if an operation failed because the keys are temporarily unreadable.</summary>
    public static bool IsOutOfReach(Exception exception) =>
        exception is RedisException or TimeoutException
        || (exception is CryptographicException { InnerException: { } inner } && IsOutOfReach(inner));

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        // Two replicas may have written the same key back at the same moment. The framework rejects a ring with a duplicate key.
        XElement[] elements = [.. Read().DistinctBy(Name)];
        foreach (var element in elements)
        {
            _known.TryAdd(Name(element), element);
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        var stored = seal?.Seal(element) ?? element;
        _redis.StoreElement(stored, friendlyName);
        _known.TryAdd(Name(stored), stored);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var everySecond = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        RedisState? seen = null;
        while (await everySecond.WaitForNextTickAsync(stoppingToken))
        {
            var state = circuit.State;
            if (state.IsAvailable == true && (seen?.IsAvailable != true || seen.Since != state.Since))
            {
                try
                {
                    await circuit.RunAsync(() => Task.Run(PutBack, stoppingToken), RedisCircuit.StartPatience);
                }
                catch (RedisAwayException)
                {
                    state = null;
                }
                catch (Exception odd) when (odd is not OperationCanceledException)
                {
                    unreadable.Warn("the key ring"); // a bad value must not end this loop, and with it the gateway
                    state = null;
                }
            }

            seen = state;
        }
    }

    private bool PutBack()
    {
        var there = Read().Select(Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (_, missing) in _known.Where(known => !there.Contains(known.Key)))
        {
            _redis.StoreElement(missing, "");
        }

        return true;
    }

    /// <summary>Returns the elements that are used: without a certificate all of them.</summary>
    private XElement[] Read()
    {
        var all = _redis.GetAllElements();
        XElement[] good = [.. all.Where(element => seal?.IsGood(element) != false)];
        if (good.Length < all.Count && Interlocked.Exchange(ref _hasWarnedOfRefused, 1) == 0)
        {
            Refused(logger, all.Count - good.Length);
        }

        return good;
    }

    /// <summary>Returns the identity of an element: the id of a key, else the whole text (of a revocation, for example).</summary>
    private static string Name(XElement element) =>
        Guid.TryParse((string?)element.Attribute("id"), out var id) ? id.ToString() : element.ToString(SaveOptions.DisableFormatting);

    [LoggerMessage(1, LogLevel.Warning, "{Count} entries of the key ring in Redis are not used: they are in clear text, or were not "
        + "written with the certificate of Auth:Session:DataProtectionCertificate. After an upgrade or with a new certificate that "
        + "is expected, until the list is deleted")]
    private static partial void Refused(ILogger logger, int count);
}
