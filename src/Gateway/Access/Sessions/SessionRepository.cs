using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using NclueGateway.Redis;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Sessions as they are stored: a protected ticket, the end of its idle time, and marks of what has been ended. A ticket is written at sign-in
/// and by whoever asks the provider again, the idle time by every request; so neither can undo the other, and no late write brings back a
/// session that has been ended. A list for each subject bounds how many there are.
/// </summary>
internal sealed class SessionRepository(
    SessionKeyValueStore state, SessionScope scope, IDataProtectionProvider protection, BrowserSessionOptions options, TimeProvider time,
    UnreadableValues? unreadable = null)
{
    /// <summary>How many sessions one subject may have. Each takes 1.2 kB of Redis.</summary>
    public const int MostOfSubject = 20;

    /// <summary>How many entries of a subject's list are looked at: more than there can be, unless sign-ins come at the same moment.</summary>
    private const int MostListed = 100;

    private const string KindOfEnd = "the end of a session";

    /// <summary>What is stored of a session; null when there is none, or it has been ended.</summary>
    /// <exception cref="SessionStoreUnavailableException">Nobody knows.</exception>
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

    /// <exception cref="SessionStoreUnavailableException">It is not stored, or may be.</exception>
    public async Task StoreAsync(string key, Session session)
    {
        var ticket = WithKeys(() => Protector(key).Protect(JsonSerializer.SerializeToUtf8Bytes(session)));
        await state.SetAsync(key, ticket, Left(session));
    }

    /// <exception cref="SessionStoreUnavailableException">It is not stored, or may be.</exception>
    public Task ExtendAsync(string key, Session session, DateTimeOffset idleExpiresAt) =>
        state.SetAsync(Idle(key), ToBytes(idleExpiresAt), Left(session));

    /// <summary>Notes that a subject has begun a session, which is stored already. Returns those that are too many, the oldest.</summary>
    /// <exception cref="SessionStoreUnavailableException">It is not noted, or may be.</exception>
    public async Task<IReadOnlyList<(string Key, Session Session)>> NoteAsync(string key, Session session)
    {
        var list = OfSubject(session.Subject);
        var keys = await state.PushAsync(list, key, Left(session), MostListed);
        if (keys.Count <= MostOfSubject)
        {
            return [];
        }

        // Sessions that ended by themselves are still in the list; they must not push out one that is used.
        var now = time.GetUtcNow();
        var found = await Task.WhenAll(keys.Distinct(StringComparer.Ordinal).Select(async listed => (Key: listed, Stored: await FindListedAsync(listed))));
        var isAlive = found.ToLookup(one => one.Stored is { } stored && stored.IdleExpiresAt > now);
        await Task.WhenAll(isAlive[false].Select(over => state.RemoveFromListAsync(list, over.Key)));
        return [.. isAlive[true].Skip(MostOfSubject).Select(one => (one.Key, one.Stored!.Session))];
    }

    /// <summary>Ends a session for good.</summary>
    /// <exception cref="SessionStoreUnavailableException">It has not been ended, or may have been.</exception>
    public async Task EndAsync(string key, Session session)
    {
        await state.MarkAsync(End(key), Left(session)); // as long as the ticket, which a replica may be about to write again
        await Task.WhenAll(state.RemoveAsync(key), state.RemoveAsync(Idle(key)), state.RemoveFromListAsync(OfSubject(session.Subject), key));
    }

    /// <summary>Ends the sessions that belong to one of the provider's.</summary>
    /// <exception cref="SessionStoreUnavailableException">They have not been ended, or may have been.</exception>
    public Task EndProviderSessionAsync(string sid) => state.MarkAsync(EndOfProviderSession(sid), BrowserSessionOptions.LongestTimeout);

    /// <summary>Ends all sessions that somebody has begun so far.</summary>
    /// <exception cref="SessionStoreUnavailableException">They have not been ended, or may have been.</exception>
    public Task EndSubjectAsync(string subject) =>
        state.SetAsync(EndOfSubject(subject), ToBytes(time.GetUtcNow()), BrowserSessionOptions.LongestTimeout);

    /// <summary>A list is read from Redis: what is no key of a session is none.</summary>
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

    /// <summary>Null for what does not read back: written with keys that are lost, cut, or not ours.</summary>
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
    /// Returns when the idle time ends. A value that does not read back counts as not written. An idle expiry later than now +
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

    /// <summary>A ticket opens only under the key that it was stored under, and only where the same provider vouches for the same client.</summary>
    private IDataProtector Protector(string key) => protection.CreateProtector("NclueGateway.Session", "v2", scope.Name, key);

    private TimeSpan Left(Session session)
    {
        var left = session.AbsoluteExpiresAt - time.GetUtcNow();
        return left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
    }

    /// <summary>Uses the key ring, which may have to be read from Redis first.</summary>
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

    /// <summary>Null for what is no time.</summary>
    private static DateTimeOffset? ToTime(byte[] bytes) =>
        bytes.Length == sizeof(long) && BinaryPrimitives.ReadInt64BigEndian(bytes) is >= 0 and var ticks && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new(ticks, TimeSpan.Zero)
            : null;
}

/// <summary>A session, and when its idle time ends unless it is used.</summary>
internal sealed record StoredSession(Session Session, DateTimeOffset IdleExpiresAt);
