namespace NclueGateway.Access.Sessions;

/// <summary>The name of the authentication scheme, and the paths of browser sign-in.</summary>
internal static class SessionConstants
{
    public const string SchemeName = "session";

    public const string Path = "/session";
    public const string Login = "/session/login";
    public const string Logout = "/session/logout";

    /// <summary>The path to which the identity provider sends the browser back.</summary>
    public const string Callback = "/session/callback";

    /// <summary>
    /// The path at which the identity provider reports the end of a session (OpenID Connect Back-Channel Logout 1.0 §2.5).
    /// </summary>
    public const string BackChannelLogout = "/session/backchannel-logout";
}
