namespace NclueGateway.Access.Sessions;

/// <summary>
/// The exception that is thrown when a cookie is not looked up, because its address has sent too many unknown cookies.
/// </summary>
/// <param name="wait">Time until it may be looked up.</param>
internal sealed class SessionLookupRefusedException(TimeSpan wait) : Exception("Too many cookies of this address named no session.")
{
    public TimeSpan Wait => wait;
}
