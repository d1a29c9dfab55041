namespace NclueGateway.Settings;

/// <summary>Marks a setting whose value is never shown and never accepted on a command line, where every user of the machine reads it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;
