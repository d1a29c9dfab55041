using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration.CommandLine;

namespace NclueGateway.Settings;

/// <summary>
/// Reads settings into their types and collects every mistake on the way, where the framework's binder throws at the first bad value and
/// passes over a misspelt key: a key that no type knows, a value that cannot be read or is out of range, a secret on the command line.
/// </summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<string> _mistakes = [];
    private readonly List<string> _secrets = [];

    /// <summary>The values so far that are secret, those with a mistake too, or what of them is (<see cref="SecretAttribute.Part"/>).</summary>
    public IReadOnlyCollection<string> Secrets => _secrets;

    /// <summary>The settings under <paramref name="section"/>; defaults stand where nothing, or nothing readable, is given.</summary>
    /// <param name="section">Where they stand.</param>
    /// <param name="subsections">The names of sections in it that have a type of their own.</param>
    public T Read<T>(string section, params string[] subsections)
        where T : class, new()
    {
        var settings = new T();
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).ToArray();

        var children = configuration.GetSection(section).GetChildren();
        foreach (var child in children.Where(child => !subsections.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            var property = Array.Find(properties, p => p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                _mistakes.Add($"{child.Path}: there is no such setting.");
            }
            else
            {
                Set(settings, property, child);
            }
        }

        foreach (var property in properties)
        {
            Validate(settings, property, $"{section}:{property.Name}");
        }

        if (settings is IValidatableObject validatable)
        {
            foreach (var result in validatable.Validate(new ValidationContext(settings)))
            {
                var key = $"{section}:{result.MemberNames.First()}";
                if (!IsOnList(key))
                {
                    _mistakes.Add($"{key}: {result.ErrorMessage}");
                }
            }
        }

        return settings;
    }

    /// <summary>Nothing may be set under <paramref name="section"/>: no part of this release would heed it.</summary>
    public void Refuse(string section) =>
        _mistakes.AddRange(configuration.GetSection(section).GetChildren().Select(child => $"{child.Path}: there is no such setting."));

    /// <summary>A mistake that only shows where several sections meet.</summary>
    public void Add(string key, string mistake) => _mistakes.Add($"{key}: {mistake}");

    /// <summary>Adds a mistake when the text of a setting begins or ends with white space or holds an invisible character.</summary>
    public void AddText(string key, string? text)
    {
        if (text is not null && InvisibleText.Validate(text) is { } mistake)
        {
            _mistakes.Add($"{key}: {mistake}");
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

    private void Set(object settings, PropertyInfo property, IConfigurationSection given)
    {
        var secret = property.GetCustomAttribute<SecretAttribute>();
        var isSecret = secret is not null;
        if (secret is not null)
        {
            Remember(secret, given.Value ?? "");
        }

        if (isSecret && IsOnCommandLine(given.Path))
        {
            _mistakes.Add($"{given.Path}: a secret on the command line is seen by every user of the machine; "
                + "give it as an environment variable or a file.");
            return;
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
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            if (IsOnList(given.Path))
            {
                return;
            }

            _mistakes.Add($"{given.Path}: {(isSecret ? "the value" : $"'{given.Value}'")} is not {Expected(property.PropertyType)}.");
        }
    }

    /// <summary>Adds a mistake for each value, and each name in a table, that has white space at an end or holds an invisible character.</summary>
    private void ValidateText(Type type, IConfigurationSection given)
    {
        // Parsers of numbers, times and flags pass over white space at the ends.
        var isText = type == typeof(string) || type == typeof(Uri) || type.IsEnum;
        AddText(given.Path, isText ? given.Value : given.Value?.Trim());
        foreach (var entry in given.GetChildren())
        {
            AddText(entry.Path, entry.Value);
            if (InvisibleText.Validate(entry.Key) is { } mistake)
            {
                _mistakes.Add($"{given.Path}: the name of an entry is wrong: {mistake}");
            }
        }
    }

    private void Remember(SecretAttribute secret, string value)
    {
        var found = secret.Part is null ? null : Regex.Match(value, secret.Part, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        if (found is null or { Success: true })
        {
            _secrets.Add(found?.Groups[1].Value ?? value);
        }
    }

    private static object? Convert(Type type, IConfigurationSection given)
    {
        if (type == typeof(IList<string>))
        {
            return given.GetChildren().Any() || string.IsNullOrEmpty(given.Value)
                ? given.GetChildren().Select(c => c.Value).OfType<string>().ToArray()
                : throw new FormatException();
        }

        if (type == typeof(IDictionary<string, string>))
        {
            return given.GetChildren().Any() || string.IsNullOrEmpty(given.Value)
                ? given.GetChildren().ToDictionary(c => c.Key, c => c.Value ?? "", StringComparer.Ordinal)
                : throw new FormatException();
        }

        if (given.GetChildren().Any())
        {
            throw new FormatException();
        }

        if (type == typeof(Uri))
        {
            return string.IsNullOrEmpty(given.Value) ? null : new Uri(given.Value, UriKind.Absolute);
        }

        if (type.IsEnum)
        {
            // Enum.Parse would take any number.
            return Array.Find(Enum.GetNames(type), n => n.Equals(given.Value, StringComparison.OrdinalIgnoreCase)) is { } name
                ? Enum.Parse(type, name)
                : throw new FormatException();
        }

        return given.Value is null ? null : TypeDescriptor.GetConverter(type).ConvertFromInvariantString(given.Value);
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

    private void Validate(object settings, PropertyInfo property, string key)
    {
        if (IsOnList(key))
        {
            return;
        }

        var value = property.GetValue(settings);
        foreach (var rule in property.GetCustomAttributes<ValidationAttribute>().Where(rule => !rule.IsValid(value)))
        {
            _mistakes.Add(rule switch
            {
                RequiredAttribute => $"{key}: it is required.",
                RangeAttribute range => $"{key}: '{value}' is not between {range.Minimum} and {range.Maximum}.",
                _ => $"{key}: {rule.FormatErrorMessage("it")}",
            });
        }
    }

    private bool IsOnList(string key) => _mistakes.Exists(m => m.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase));

    private bool IsOnCommandLine(string key) =>
        (configuration as IConfigurationRoot)?.Providers.OfType<CommandLineConfigurationProvider>().Any(p => p.TryGet(key, out _)) ?? false;
}
