namespace NclueGateway.Observability.Audit;

/// <summary>Metadata of an endpoint: the parameters that its audit events contain as properties, in this order.</summary>
/// <param name="names">Names of the properties.</param>
internal sealed class AuditedParameters(params string[] names)
{
    /// <summary>An endpoint without parameters.</summary>
    public static readonly AuditedParameters None = new();

    /// <summary>Names of the properties.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>Message template of an event.</summary>
    public string Template { get; } = "{Kind}: {Outcome} for {Subject} of {Client} at {Route}"
        + string.Concat(names.Select(name => $", {char.ToLowerInvariant(name[0])}{name[1..]} {{{name}}}"));
}
