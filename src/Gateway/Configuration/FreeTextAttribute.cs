namespace NclueGateway.Configuration;

/// <summary>Marks a text setting that may hold line breaks, such as PEM, and whose own rule judges white space.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class FreeTextAttribute : Attribute;
