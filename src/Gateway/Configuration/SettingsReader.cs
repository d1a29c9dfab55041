using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration.CommandLine;

namespace NclueGateway.Configuration;

/// <summary>
/// Reads settings into their types with the framework's binder and validator, and collects all mistakes. The binder alone
/// throws at the first value that it cannot convert, and ignores a misspelt key.
/// </summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<string> _mistakes = [];
    private readonly List<string> _secrets = [];
    private readonly List<string> _sections = [];
    private readonly List<string> _reloadable = [];

    /// <summary>
    /// The secret values read so far, or the secret part of them (<see cref="SecretAttribute.Part"/>). Values with a mistake
    /// are included.
    /// </summary>
    public IReadOnlyCollection<string> Secrets => _secrets;

    /// <summary>Reads the settings of a section. A property keeps its default where no readable value is given.</summary>
    /// <param name="section">The name of the section.</param>
    /// <param name="subsections">The names of its subsections that are read into other types.</param>
    public T Read<T>(string section, params string[] subsections)
        where T : class, new()
    {
        var settings = new T();
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).ToArray();
        _sections.Add(section);
        _reloadable.AddRange(properties.Where(p => p.IsDefined(typeof(ReloadableAttribute))).Select(p => $"{section}:{p.Name}"));
        foreach (var given in configuration.GetSection(section).GetChildren()
            .ExceptBy(subsections, given => given.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (Array.Find(properties, p => p.Name.Equals(given.Key, StringComparison.OrdinalIgnoreCase)) is { } property)
            {
                Set(settings, property, given);
            }
            else
            {
                Add(given.Path, "there is no such setting.");
            }
        }

        Validate(settings, section);
        return settings;
    }

    /// <summary>Adds a mistake, such as one that involves several sections.</summary>
    public void Add(string key, string mistake) => _mistakes.Add($"{key}: {mistake}");

    /// <summary>
    /// Adds a mistake when the text of a setting begins or ends with white space or contains an invisible character.
    /// </summary>
    public void AddText(string key, string? text)
    {
        if (text is not null && InvisibleText.Validate(text) is { } mistake)
        {
            Add(key, mistake);
        }
    }

    /// <exception cref="SettingsException">There is at least one mistake.</exception>
    public void ThrowIfMistaken()
    {
        if (_mistakes.Count > 0)
        {
            throw new SettingsException(_mistakes);
        }
    }

    /// <summary>
    /// Returns the keys of the sections read that differ from another configuration and are not
    /// <see cref="ReloadableAttribute"/>.
    /// </summary>
    /// <param name="inUse">The other configuration.</param>
    public IReadOnlyCollection<string> FindRestartKeys(IConfiguration inUse) =>
    [
        .. _sections
            .SelectMany(section => new[] { inUse, configuration }.SelectMany(settings => settings.GetSection(section).AsEnumerable()))
            .Select(setting => setting.Key)
            .Where(key => inUse[key] != configuration[key])
            .Except(_reloadable, StringComparer.OrdinalIgnoreCase),
    ];

    private void Set(object settings, PropertyInfo property, IConfigurationSection given)
    {
        var secret = property.GetCustomAttribute<SecretAttribute>();
        if (secret is not null)
        {
            RecordSecret(secret, given.Value ?? "");
            if (IsOnCommandLine(given.Path))
            {
                Add(
                    given.Path,
                    "a secret on the command line is seen by every user of the machine; give it as an environment variable or a file.");
                return;
            }
        }

        if (!property.IsDefined(typeof(FreeTextAttribute)))
        {
            ValidateText(property.PropertyType, given);
        }

        try
        {
            if (Convert(property.PropertyType, given) is { } value)
            {
                property.SetValue(settings, value);
            }
        }
        catch (Exception unreadable) when (unreadable is FormatException or InvalidOperationException)
        {
            if (!HasError(given.Path))
            {
                Add(given.Path, $"{(secret is not null ? "the value" : $"'{given.Value}'")} is not {Expected(property.PropertyType)}.");
            }
        }
    }

    /// <summary>
    /// Adds an error for each value, and each name in a table, that begins or ends with white space or contains an
    /// invisible character.
    /// </summary>
    private void ValidateText(Type type, IConfigurationSection given)
    {
        // Parsers of numbers, times and flags ignore white space at the ends.
        var isText = type == typeof(string) || type == typeof(Uri) || type.IsEnum;
        AddText(given.Path, isText ? given.Value : given.Value?.Trim());
        foreach (var entry in given.GetChildren())
        {
            AddText(entry.Path, entry.Value);
            if (InvisibleText.Validate(entry.Key) is { } mistake)
            {
                Add(given.Path, $"the name of an entry is wrong: {mistake}");
            }
        }
    }

    private void RecordSecret(SecretAttribute secret, string value)
    {
        var found = secret.Part is null
            ? null
            : Regex.Match(value, secret.Part, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        if (found is null or { Success: true })
        {
            _secrets.Add(found?.Groups[1].Value ?? value);
        }
    }

    /// <summary>
    /// Converts a value, and refuses forms that the binder ignores: entries of a single value, a single value of a list,
    /// numbers of an enum, relative addresses.
    /// </summary>
    private static object? Convert(Type type, IConfigurationSection given)
    {
        var entries = given.GetChildren().ToArray();
        var isTable = type == typeof(IDictionary<string, string>);
        if (isTable || type == typeof(IList<string>))
        {
            return entries.Length == 0 && !string.IsNullOrEmpty(given.Value) ? throw new FormatException()
                : isTable ? entries.ToDictionary(entry => entry.Key, entry => entry.Value ?? "", StringComparer.Ordinal)
                : entries.Select(entry => entry.Value).OfType<string>().ToArray();
        }

        if (entries.Length > 0
            || (type.IsEnum && !Enum.GetNames(type).Contains(given.Value, StringComparer.OrdinalIgnoreCase))
            || (type == typeof(Uri) && given.Value is { Length: > 0 } address && !Uri.TryCreate(address, UriKind.Absolute, out _)))
        {
            throw new FormatException();
        }

        return given.Value is null ? null : given.Get(type);
    }

    private static string Expected(Type type) => type switch
    {
        _ when type == typeof(TimeSpan) => "a time span such as 00:00:10",
        _ when type == typeof(int) => "a whole number",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(Uri) => "an absolute URL",
        _ when type.IsEnum => $"one of {string.Join(", ", Enum.GetNames(type))}",
        _ when type == typeof(IList<string>) => "a list (its entries have the keys 0, 1, 2, …)",
        _ when type == typeof(IDictionary<string, string>) => "a table of names and values",
        _ => "a single value",
    };

    private void Validate(object settings, string section)
    {
        var results = new List<ValidationResult>();
        var context = new ValidationContext(settings);
        Validator.TryValidateObject(settings, context, results, validateAllProperties: true);
        if (settings is IValidatableObject validatable)
        {
            results.AddRange(validatable.Validate(context)); // the validator skips it when a property is invalid
        }

        foreach (var result in results)
        {
            var key = $"{section}:{result.MemberNames.First()}";
            if (!HasError(key))
            {
                Add(key, result.ErrorMessage!);
            }
        }
    }

    private bool HasError(string key) => _mistakes.Exists(mistake => mistake.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase));

    private bool IsOnCommandLine(string key) =>
        (configuration as IConfigurationRoot)?.Providers
            .OfType<CommandLineConfigurationProvider>()
            .Any(provider => provider.TryGet(key, out _)) ?? false;
}
