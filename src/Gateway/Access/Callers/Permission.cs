namespace NclueGateway.Access.Callers;

/// <summary>A permission that the identity provider grants by a scope, role or group. To add one, add it to <see cref="All"/>.</summary>
/// <param name="description">Verb and object, for "is not permitted to …".</param>
/// <param name="scope">The setting with the name of the scope.</param>
internal sealed class Permission(string description, Func<AuthOptions, string> scope)
{
    public static readonly Permission ReadTaskRuns = new("read task runs", auth => auth.ReadScope);

    public static IReadOnlyList<Permission> All { get; } = [ReadTaskRuns];

    public string Description => description;

    /// <summary>Returns the scope, role or group that grants the permission.</summary>
    public string GetScope(AuthOptions auth) => scope(auth);
}
