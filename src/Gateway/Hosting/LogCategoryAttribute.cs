namespace NclueGateway.Hosting;

/// <summary>
/// Category of the log events of a type. Operators set levels and filter by categories, so they are a contract: they stay
/// when a type is renamed.
/// </summary>
/// <param name="name">The category; without this attribute it is the full name of the type.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class LogCategoryAttribute(string name) : Attribute
{
    public string Name => name;
}
