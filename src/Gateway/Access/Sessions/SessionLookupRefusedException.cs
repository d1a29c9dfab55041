namespace NclueGateway.Access.Sessions;

/// <summary>Too many cookies of one address named no session: this one was not looked up.</summary>
/// <param name="wait">Time until it may be looked up.</param>
internal sealed class SessionLookupRefusedException(TimeSpan wait) : Exception("Too many cookies of this address named no session.")
{
    public TimeSpan Wait => wait;
}
