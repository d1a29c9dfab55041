namespace NclueGateway.Configuration;

/// <summary>Marks a text setting that may contain line breaks, such as PEM, and that validates white space itself.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class FreeTextAttribute : Attribute;
