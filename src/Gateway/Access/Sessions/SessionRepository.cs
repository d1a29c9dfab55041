using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using NclueGateway.Redis;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Stored sessions: a protected ticket, the end of the idle time, and marks of ended sessions. A ticket is written at
/// sign-in, and by the replica that revalidates the session; the idle time is written by requests. As these are
/// separate keys, neither write overwrites the other, and no late write restores a session that has ended. A list for
/// each subject limits the number of sessions.
/// </summary>
internal sealed class SessionRepository(
    SessionKeyValueStore state, SessionScope scope, IDataProtectionProvider protection, BrowserSessionOptions options, TimeProvider time,
    UnreadableValues? unreadable = null)
{
    /// <summary>Maximum number of sessions of one subject. Each takes 1.2 kB of Redis.</summary>
    public const int MostOfSubject = 20;

    /// <summary>
    /// Maximum number of entries that are read of a subject's list. The list is longer only if many sign-ins arrive at
    /// the same time.
    /// </summary>
    private const int MostListed = 100;

    private const string KindOfEnd = "the end of a session";

    /// <summary>Returns the stored session; null when there is none, or it has ended.</summary>
    /// <exception cref="SessionStoreUnavailableException">It is unknown whether the session exists.</exception>
    public async Task<StoredSession?> FindAsync(string key)
    {
        var (ticket, idle, end) = (state.GetAsync(key), state.GetAsync(Idle(key)), state.IsMarkedAsync(End(key), KindOfEnd));
        await Task.WhenAll(ticket, idle, end);
        if (await ticket is not { } bytes || await end || Open(key, bytes) is not { } session)
        {
            return null;
        }

        var ends = await Task.WhenAll(IsSubjectEndedAsync(session), IsProviderSessionEndedAsync(session));
        return ends.Contains(true) ? null : new(session, IdleExpiresAt(session, await idle));
    }

    /// <exception cref="SessionStoreUnavailableException">It may be stored or not.</exception>
    public async Task StoreAsync(string key, Session session)
    {
        var ticket = WithKeys(() => Protector(key).Protect(JsonSerializer.SerializeToUtf8Bytes(session)));
        await state.SetAsync(key, ticket, Left(session));
    }

    /// <exception cref="SessionStoreUnavailableException">It may be stored or not.</exception>
    public Task ExtendAsync(string key, Session session, DateTimeOffset idleExpiresAt) =>
        state.SetAsync(Idle(key), ToBytes(idleExpiresAt), Left(session));

    /// <summary>Adds a stored session to the list of its subject. Returns the oldest sessions above the maximum.</summary>
    /// <exception cref="SessionStoreUnavailableException">It may be in the list or not.</exception>
    public async Task<IReadOnlyList<(string Key, Session Session)>> NoteAsync(string key, Session session)
    {
        var list = OfSubject(session.Subject);
        var keys = await state.PushAsync(list, key, Left(session), MostListed);
        if (keys.Count <= MostOfSubject)
        {
            return [];
        }

        // Expired sessions are still in the list; they must not displace one that is in use.
        var now = time.GetUtcNow();
        var found = await Task.WhenAll(keys
            .Distinct(StringComparer.Ordinal)
            .Select(async listed => (Key: listed, Stored: await FindListedAsync(listed))));
        var isAlive = found.ToLookup(one => one.Stored is { } stored && stored.IdleExpiresAt > now);
        await Task.WhenAll(isAlive[false].Select(over => state.RemoveFromListAsync(list, over.Key)));
        return [.. isAlive[true].Skip(MostOfSubject).Select(one => (one.Key, one.Stored!.Session))];
    }

    /// <summary>Ends a session for good.</summary>
    /// <exception cref="SessionStoreUnavailableException">It may have ended or not.</exception>
    public async Task EndAsync(string key, Session session)
    {
        // The mark expires no earlier than the ticket, because another replica may be about to write the ticket again.
        await state.MarkAsync(End(key), Left(session));
        await Task.WhenAll(
            state.RemoveAsync(key),
            state.RemoveAsync(Idle(key)),
            state.RemoveFromListAsync(OfSubject(session.Subject), key));
    }

    /// <summary>Ends the sessions that belong to a session of the provider.</summary>
    /// <exception cref="SessionStoreUnavailableException">They may have ended or not.</exception>
    public Task EndProviderSessionAsync(string sid) =>
        state.MarkAsync(EndOfProviderSession(sid), BrowserSessionOptions.LongestTimeout);

    /// <summary>Ends all sessions that a subject has begun so far.</summary>
    /// <exception cref="SessionStoreUnavailableException">They may have ended or not.</exception>
    public Task EndSubjectAsync(string subject) =>
        state.SetAsync(EndOfSubject(subject), ToBytes(time.GetUtcNow()), BrowserSessionOptions.LongestTimeout);

    /// <summary>Reads a session of a list. The list comes from Redis, so an entry that is not a key is ignored.</summary>
    private Task<StoredSession?> FindListedAsync(string key) =>
        SessionId.IsKey(key) ? FindAsync(key) : Task.FromResult<StoredSession?>(null);

    private async Task<bool> IsProviderSessionEndedAsync(Session session) =>
        session.ProviderSessionId is { } sid && await state.IsMarkedAsync(EndOfProviderSession(sid), KindOfEnd);

    private async Task<bool> IsSubjectEndedAsync(Session session)
    {
        if (await state.GetAsync(EndOfSubject(session.Subject)) is not { } bytes)
        {
            return false;
        }

        if (ToTime(bytes) is { } at)
        {
            return session.SignedInAt <= at;
        }

        unreadable?.Warn(KindOfEnd);
        return false;
    }

    /// <summary>
    /// Decrypts a ticket. Null if it cannot be read: its key is lost, it is truncated, or the gateway did not write it.
    /// </summary>
    private Session? Open(string key, byte[] ticket)
    {
        try
        {
            return WithKeys(() => JsonSerializer.Deserialize<Session>(Protector(key).Unprotect(ticket)));
        }
        catch (Exception odd) when (odd is JsonException or CryptographicException)
        {
            unreadable?.Warn("a session");
            return null;
        }
    }

    /// <summary>
    /// Returns the end of the idle time. An unreadable value counts as not written. An idle expiry later than now +
    /// <see cref="BrowserSessionOptions.IdleTimeout"/> is capped.
    /// </summary>
    private DateTimeOffset IdleExpiresAt(Session session, byte[]? idle)
    {
        if (idle is null)
        {
            return session.SignedInAt + options.IdleTimeout;
        }

        if (ToTime(idle) is not { } until)
        {
            unreadable?.Warn("the use of a session");
            return session.SignedInAt + options.IdleTimeout;
        }

        var latest = time.GetUtcNow() + options.IdleTimeout;
        return until < latest ? until : latest;
    }

    /// <summary>
    /// Returns the protector of a ticket, which opens only under its own key and only with the same provider and client.
    /// </summary>
    private IDataProtector Protector(string key) => protection.CreateProtector("NclueGateway.Session", "v2", scope.Name, key);

    private TimeSpan Left(Session session)
    {
        var left = session.AbsoluteExpiresAt - time.GetUtcNow();
        return left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
    }

    /// <summary>Runs an operation that uses the key ring, which may have to be read from Redis first.</summary>
    private static T WithKeys<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception away) when (RedisKeyRepository.IsOutOfReach(away))
        {
            throw new SessionStoreUnavailableException();
        }
    }

    private static string Idle(string key) => key + ":idle";

    private static string End(string key) => key + ":end";

    private static string EndOfProviderSession(string sid) => $"sid:{Hash(sid)}:end";

    private static string OfSubject(string subject) => $"sub:{Hash(subject)}:sessions";

    private static string EndOfSubject(string subject) => $"sub:{Hash(subject)}:end";

    internal static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static byte[] ToBytes(DateTimeOffset at)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, at.UtcTicks);
        return bytes;
    }

    /// <summary>Reads a time; null when the bytes are not one.</summary>
    private static DateTimeOffset? ToTime(byte[] bytes) =>
        bytes.Length == sizeof(long)
        && BinaryPrimitives.ReadInt64BigEndian(bytes) is >= 0 and var ticks
        && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new(ticks, TimeSpan.Zero)
            : null;
}

/// <summary>A session, and the time at which it ends unless it is used.</summary>
internal sealed record StoredSession(Session Session, DateTimeOffset IdleExpiresAt);
