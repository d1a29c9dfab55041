using System.Collections.Concurrent;
using NclueGateway.Access.Callers;
using NclueGateway.Hosting;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Cache of the sessions that this replica has seen. They are trusted without a lookup for <see cref="TrustFor"/>, and while
/// Redis is unavailable for <see cref="TrustWhileAwayFor"/>. So a session that ends on another replica ends here within ten
/// seconds, and an outage of Redis signs out no user.
/// </summary>
[LogCategory("NclueGateway.Access.Sessions.SessionStore")]
internal sealed partial class SessionCache(
    SessionRepository tickets, Permissions permissions, BrowserSessionOptions options, TimeProvider time, ILogger<SessionCache> logger)
{
    public static readonly TimeSpan TrustFor = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan TrustWhileAwayFor = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Maximum number of cached sessions; the least recently looked up are evicted first. 10,000 take about 50 MB.
    /// </summary>
    public const int MostHeld = 10_000;

    private readonly ConcurrentDictionary<string, CachedSession> _held = new();

    /// <summary>
    /// Number of sessions that this replica has ended. A lookup that runs while a session ends may have read the state
    /// before the end.
    /// </summary>
    private long _ends;

    /// <summary>Minimum extension of the idle time that is written to the store.</summary>
    private TimeSpan WorthWriting => TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerMinute, options.IdleTimeout.Ticks / 10));

    /// <summary>Number of sessions that have ended here so far, for <see cref="RenewAsync"/>.</summary>
    public long Ends => Volatile.Read(ref _ends);

    /// <summary>
    /// Returns true if this replica has seen the session, and has not learned since that it has ended.
    /// </summary>
    public bool HasSeen(string key) => _held.ContainsKey(key);

    /// <summary>Returns the session that is stored under a key; null if there is none, or it has ended.</summary>
    /// <param name="key">The key.</param>
    /// <param name="trustFor">Time for which a lookup is trusted; null for <see cref="TrustFor"/>.</param>
    /// <exception cref="SessionStoreUnavailableException">It is unknown whether the session exists.</exception>
    public async ValueTask<CachedSession?> FindAsync(string key, TimeSpan? trustFor = null)
    {
        var held = _held.GetValueOrDefault(key);
        if (held is null || time.GetElapsedTime(held.SeenAt) > (trustFor ?? TrustFor))
        {
            try
            {
                held = await LookUpAsync(key);
            }
            catch (SessionStoreUnavailableException) when (held is not null && time.GetElapsedTime(held.SeenAt) <= TrustWhileAwayFor)
            {
                // It was valid, and no end is known.
            }
        }

        return held is null || held.IsOver(time.GetUtcNow()) ? null : held;
    }

    /// <summary>Reads the session from the store, regardless of the cache.</summary>
    /// <exception cref="SessionStoreUnavailableException">It is unknown whether the session exists.</exception>
    public async Task<CachedSession?> LookUpAsync(string key)
    {
        while (true)
        {
            var ends = Ends;
            if (await tickets.FindAsync(key) is not { } stored)
            {
                _held.TryRemove(key, out _);
                return null;
            }

            var now = time.GetTimestamp();
            var found = Store(key, held => held is null
                ? Create(key, stored.Session, stored.IdleExpiresAt, now)
                : (held.Session.Renewals >= stored.Session.Renewals ? held : Create(key, stored.Session, held.IdleExpiresAt, now)) with
                {
                    SeenAt = now,
                    // A later time here comes from a use while Redis was unavailable.
                    IdleExpiresAt = held.IdleExpiresAt > stored.IdleExpiresAt ? held.IdleExpiresAt : stored.IdleExpiresAt,
                });
            if (found.Session.Renewals > stored.Session.Renewals)
            {
                await tickets.StoreAsync(key, found.Session); // Redis became unavailable before it was stored
            }

            if (Ends == ends)
            {
                return found;
            }

            _held.TryRemove(key, out _); // it may be the session that has ended
        }
    }

    /// <summary>Stores a new session. If its subject has too many, the oldest end.</summary>
    /// <returns>False when the provider has ended the subject's sessions since this one began.</returns>
    /// <exception cref="SessionStoreUnavailableException">It may be stored or not.</exception>
    public async Task<bool> BeginAsync(string key, Session session)
    {
        await tickets.StoreAsync(key, session);
        foreach (var (oldKey, old) in await tickets.NoteAsync(key, session))
        {
            await EndAsync(oldKey, old);
        }

        return await LookUpAsync(key) is not null;
    }

    /// <summary>Stores the result of a check with the provider, unless the session has ended meanwhile.</summary>
    /// <param name="before">The session as it was looked up.</param>
    /// <param name="ends">The value of <see cref="Ends"/> before that lookup.</param>
    /// <param name="session">The session after the check.</param>
    /// <exception cref="SessionStoreUnavailableException">It may be stored or not.</exception>
    public async Task<CachedSession> RenewAsync(CachedSession before, long ends, Session session)
    {
        // Cached before it is stored: the provider may have invalidated the previous refresh token, so only this one is valid.
        var renewed = Create(before.Key, session, before.IdleExpiresAt, before.SeenAt);
        while (true)
        {
            if (_held.TryGetValue(before.Key, out var held))
            {
                renewed = Create(before.Key, session, held.IdleExpiresAt, held.SeenAt);
                if (_held.TryUpdate(before.Key, renewed, held))
                {
                    break;
                }
            }
            else if (Ends != ends)
            {
                break; // it may have ended, and then must not come back
            }
            else if (_held.TryAdd(before.Key, renewed)) // it was evicted
            {
                if (Ends != ends)
                {
                    _held.TryRemove(new(before.Key, renewed)); // the session may have ended meanwhile
                }

                break;
            }
        }

        await tickets.StoreAsync(before.Key, session);
        return renewed;
    }

    /// <summary>Restarts the idle time of a session.</summary>
    public async ValueTask ExtendAsync(CachedSession session)
    {
        var until = time.GetUtcNow() + options.IdleTimeout;
        if (until - session.IdleExpiresAt < WorthWriting)
        {
            return;
        }

        _held.TryUpdate(session.Key, session with { IdleExpiresAt = until }, session);
        try
        {
            await tickets.ExtendAsync(session.Key, session.Session, until);
        }
        catch (SessionStoreUnavailableException)
        {
            // The cache has it, and the next use after Redis is back stores it.
        }
    }

    /// <summary>Ends a session, here at once and on the other replicas within <see cref="TrustFor"/>.</summary>
    /// <exception cref="SessionStoreUnavailableException">It may have ended or not.</exception>
    public Task EndAsync(CachedSession session) => EndAsync(session.Key, session.Session);

    /// <summary>Ends sessions as the provider requests: the one with its <c>sid</c>, or all of a subject.</summary>
    /// <exception cref="SessionStoreUnavailableException">They may have ended or not.</exception>
    public async Task EndAsync(string? sid, string? subject)
    {
        await (sid is not null ? tickets.EndProviderSessionAsync(sid) : tickets.EndSubjectAsync(subject!));
        Interlocked.Increment(ref _ends); // before the loop: a session cached after the loop is then looked up again
        foreach (var held in _held.Values.Where(
            held => sid is not null ? held.Session.ProviderSessionId == sid : held.Session.Subject == subject))
        {
            _held.TryRemove(held.Key, out _);
        }
    }

    private async Task EndAsync(string key, Session session)
    {
        await tickets.EndAsync(key, session);
        Interlocked.Increment(ref _ends);
        _held.TryRemove(key, out _);
    }

    private CachedSession Create(string key, Session session, DateTimeOffset idleExpiresAt, long seenAt) =>
        new(key, session, permissions.Decide(session.ToPrincipal(options.ClientId)), idleExpiresAt, seenAt);

    private CachedSession Store(string key, Func<CachedSession?, CachedSession> change)
    {
        var held = _held.AddOrUpdate(key, _ => change(null), (_, before) => change(before));
        if (_held.Count > MostHeld)
        {
            foreach (var old in _held.Values.OrderBy(other => other.SeenAt).Take(MostHeld / 10))
            {
                _held.TryRemove(old.Key, out _);
            }

            TooMany(logger, MostHeld);
        }

        return held;
    }

    [LoggerMessage(
        1,
        LogLevel.Information,
        "More than {Count} sessions are in use: those not looked up for longest are evicted and looked up again when used.")]
    private static partial void TooMany(ILogger logger, int count);
}
