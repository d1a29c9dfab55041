using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using NclueGateway.Hosting;
using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The keys that protect tickets and sign-ins under way, in Redis, so that every replica reads what another has written. When Redis comes back
/// empty, each replica puts back the keys that it knows: a replica that starts then would make a key of its own, and for a day neither could
/// read the other's tickets.
/// </summary>
/// <param name="connection">Redis.</param>
/// <param name="circuit">Whether Redis answers.</param>
/// <param name="unreadable">Warns of entries that are no keys.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
/// <param name="key">The key of the list in Redis.</param>
/// <param name="seal">What authenticates keys; null without a certificate: then every key that is in Redis counts.</param>
[LogCategory("NclueGateway.Access.Sessions.KeyRing")]
internal sealed partial class RedisKeyRepository(
    RedisConnection connection, RedisCircuit circuit, UnreadableValues unreadable, TimeProvider time, ILogger<RedisKeyRepository> logger, string key, KeySeal? seal = null)
    : BackgroundService, IXmlRepository
{
    private readonly ConcurrentDictionary<string, XElement> _known = new(StringComparer.Ordinal);
    private readonly StoredKeys _redis = new(connection, unreadable, key);
    private int _hasToldOfRefused;

    /// <summary>Whether protecting failed because the keys cannot be read now.</summary>
    public static bool IsOutOfReach(Exception exception) =>
        exception is RedisException or TimeoutException || (exception is CryptographicException { InnerException: { } inner } && IsOutOfReach(inner));

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        // Two replicas may have put the same key back at the same moment. The framework reads no ring that holds a key twice.
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
            if (state.IsAnswering == true && (seen?.IsAnswering != true || seen.Since != state.Since))
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
                    unreadable.Warn("the key ring"); // a value there must not end this loop, and with it the gateway
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

    /// <summary>The elements that count: without a certificate all of them.</summary>
    private XElement[] Read()
    {
        var all = _redis.GetAllElements();
        XElement[] good = [.. all.Where(element => seal?.IsGood(element) != false)];
        if (good.Length < all.Count && Interlocked.Exchange(ref _hasToldOfRefused, 1) == 0)
        {
            Refused(logger, all.Count - good.Length);
        }

        return good;
    }

    /// <summary>What tells elements apart: the id of a key; all of what has none, such as a revocation.</summary>
    private static string Name(XElement element) =>
        Guid.TryParse((string?)element.Attribute("id"), out var id) ? id.ToString() : element.ToString(SaveOptions.DisableFormatting);

    [LoggerMessage(1, LogLevel.Warning, "{Count} entries of the key ring in Redis are not used: they are in clear text, or were not written with the certificate "
        + "of Auth:Session:DataProtectionCertificate. After an upgrade or with a new certificate that is expected, until the list is deleted")]
    private static partial void Refused(ILogger logger, int count);
}
