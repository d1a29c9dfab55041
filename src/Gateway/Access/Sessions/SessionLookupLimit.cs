using NclueGateway.Access.RateLimits;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Rate limit of lookups that find no session, per address. A made-up cookie costs the store several commands and belongs
/// to no caller, so no other quota counts it. Cookies of sessions that this replica has seen are not limited, so people
/// behind one address do not affect each other.
/// </summary>
internal sealed class SessionLookupLimit(QuotaOptions options, TimeProvider time)
{
    private readonly TokenBuckets<AddressRange> _buckets = new(options.AnonymousPerSecond, options.AnonymousPerSecond, time);

    /// <summary>Returns the time until an unknown cookie of an address may be looked up; zero when it may be now.</summary>
    public TimeSpan WaitFor(AddressRange address) => _buckets.WaitFor(address);

    /// <summary>
    /// Counts a lookup that found nothing. Concurrent lookups are counted too, and cause a wait of up to
    /// <see cref="TokenBuckets{TKey}.MostOwed"/>.
    /// </summary>
    public void CountFailure(AddressRange address) => _buckets.Charge(address);
}

/// <summary>Too many cookies of one address named no session: this one was not looked up.</summary>
/// <param name="wait">Time until it may be looked up.</param>
internal sealed class SessionLookupRefusedException(TimeSpan wait) : Exception("Too many cookies of this address named no session.")
{
    public TimeSpan Wait => wait;
}
