namespace NclueGateway.Configuration;

/// <summary>
/// Marks a setting whose value is never shown or logged. It is never accepted on a command line, which every user of the
/// machine can read.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute
{
    /// <summary>Regular expression whose first group is the secret part of the value. Null if all of it is secret.</summary>
    public string? Part { get; init; }
}
