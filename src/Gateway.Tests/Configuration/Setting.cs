using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NclueGateway.Configuration;

namespace NclueGateway.Tests.Configuration;

/// <summary>A setting of the gateway, read from its options type.</summary>
/// <param name="Section">The section, such as <c>Auth:Session</c>.</param>
/// <param name="Property">The property that it is read into.</param>
/// <param name="Default">The default value; empty for none.</param>
internal sealed record Setting(string Section, PropertyInfo Property, object? Default)
{
    private static readonly Dictionary<string, XElement> Comments =
        XDocument.Load(Path.ChangeExtension(typeof(GatewayBuilder).Assembly.Location, "xml"))
            .Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

    /// <summary>All settings: those of every type with a constant for the name of its section.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        .. from type in typeof(GatewayBuilder).Assembly.GetTypes()
           where type.Name.EndsWith("Options", StringComparison.Ordinal)
           let section = type.GetField("Section")?.GetRawConstantValue() as string
           where section is not null
           orderby section
           let defaults = Activator.CreateInstance(type)
           from property in type.GetProperties()
           where property.CanWrite
           select new Setting(section, property, property.GetValue(defaults)),
    ];

    public string Key => $"{Section}:{Property.Name}";

    public Type Type => Property.PropertyType;

    public bool IsSecret => Property.IsDefined(typeof(SecretAttribute));

    public bool HasDefault => Default switch
    {
        null or "" => false,
        ICollection<string> list => list.Count > 0,
        IDictionary<string, string> table => table.Count > 0,
        _ => true,
    };

    /// <summary>True if the gateway does not start without it.</summary>
    public bool IsRequired => Property.IsDefined(typeof(RequiredAttribute)) && !HasDefault;

    public RangeAttribute? Range => Property.GetCustomAttribute<RangeAttribute>();

    /// <summary>The doc comment of the setting, on one line.</summary>
    public string Description => Describe($"P:{Property.DeclaringType!.FullName}.{Property.Name}");

    /// <summary>Returns the doc comment of a type, on one line.</summary>
    public static string Describe(Type type) => Describe($"T:{type.FullName}");

    /// <summary>Formats a time as the documents do: with milliseconds where there are any.</summary>
    public static string Write(TimeSpan time) =>
        time.ToString((time.Days > 0 ? @"d\." : "") + @"hh\:mm\:ss" + (time.Milliseconds > 0 ? @"\.fff" : ""), null);

    private static string Describe(string member) =>
        string.Join(' ', Comments[member].Elements().Where(element => element.Name.LocalName is "summary" or "value").Select(Plain));

    private static string Plain(XElement comment)
    {
        foreach (var reference in comment.Descendants().Where(element => element.Attribute("cref") is not null).ToList())
        {
            reference.ReplaceWith(reference.Attribute("cref")!.Value.Split('.')[^1]);
        }

        return Regex.Replace(comment.Value.Trim(), @"\s+", " ");
    }
}
