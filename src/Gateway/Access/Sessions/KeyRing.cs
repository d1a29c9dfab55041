using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.StackExchangeRedis;
using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The keys that protect tickets and sign-ins under way, in Redis, so that every replica reads what another has written. When Redis comes back
/// empty, each replica puts back the keys that it knows: a replica that starts then would make a key of its own, and for a day neither could
/// read the other's tickets.
/// </summary>
internal sealed class KeyRing(RedisConnection connection, RedisCircuit circuit, TimeProvider time, string key) : BackgroundService, IXmlRepository
{
    private readonly ConcurrentDictionary<string, XElement> _known = new(StringComparer.Ordinal);
    private readonly RedisXmlRepository _redis = new(() => connection.GetAsync().GetAwaiter().GetResult().GetDatabase(), key);

    /// <summary>Whether protecting failed because the keys cannot be read now.</summary>
    public static bool IsOutOfReach(Exception exception) =>
        exception is RedisException or TimeoutException || (exception is CryptographicException { InnerException: { } inner } && IsOutOfReach(inner));

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        // Two replicas may have put the same key back at the same moment. The framework reads no ring that holds a key twice.
        XElement[] elements = [.. _redis.GetAllElements().DistinctBy(Name)];
        foreach (var element in elements)
        {
            _known.TryAdd(Name(element), element);
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        _redis.StoreElement(element, friendlyName);
        _known.TryAdd(Name(element), element);
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
            }

            seen = state;
        }
    }

    private bool PutBack()
    {
        var there = _redis.GetAllElements().Select(Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (_, missing) in _known.Where(known => !there.Contains(known.Key)))
        {
            _redis.StoreElement(missing, "");
        }

        return true;
    }

    /// <summary>What tells elements apart: the id of a key; all of what has none, such as a revocation.</summary>
    private static string Name(XElement element) => (string?)element.Attribute("id") ?? element.ToString(SaveOptions.DisableFormatting);
}
