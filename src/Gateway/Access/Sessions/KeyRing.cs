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
    private readonly ConcurrentDictionary<string, byte> _known = new(StringComparer.Ordinal);
    private readonly RedisXmlRepository _redis = new(() => connection.GetAsync().GetAwaiter().GetResult().GetDatabase(), key);

    /// <summary>Whether protecting failed because the keys cannot be read now.</summary>
    public static bool IsOutOfReach(Exception exception) =>
        exception is RedisException or TimeoutException || (exception is CryptographicException { InnerException: { } inner } && IsOutOfReach(inner));

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = _redis.GetAllElements();
        foreach (var element in elements)
        {
            _known.TryAdd(Text(element), 0);
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        _redis.StoreElement(element, friendlyName);
        _known.TryAdd(Text(element), 0);
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
        var there = _redis.GetAllElements().Select(Text).ToHashSet(StringComparer.Ordinal);
        foreach (var missing in _known.Keys.Where(known => !there.Contains(known)))
        {
            _redis.StoreElement(XElement.Parse(missing), "");
        }

        return true;
    }

    private static string Text(XElement element) => element.ToString(SaveOptions.DisableFormatting);
}
