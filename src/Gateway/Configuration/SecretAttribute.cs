namespace NclueGateway.Configuration;

/// <summary>
/// Marks a setting whose value is never shown or logged and never accepted on a command line, where every user of the machine reads it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute
{
    /// <summary>What of the value a log must not hold: the first group of this regular expression. Null for all of it.</summary>
    public string? Part { get; init; }
}
