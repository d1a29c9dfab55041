using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serilog.Events;

namespace NclueGateway.Tests.Configuration;

/// <summary>
/// Writes <c>appsettings.schema.json</c> from the options types: JSON Schema draft 7, which all editors support. Nothing is
/// required in it: each setting can be in another file, in the environment or in the folder of secrets.
/// </summary>
internal static class SettingsSchema
{
    private const string TimeSpans = @"^([0-9]{1,8}\.)?([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\.[0-9]{1,7})?)?$";

    private static readonly JsonSerializerOptions Written = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for people to read, never for HTML
        NewLine = "\n",
        WriteIndented = true,
    };

    public static string Render()
    {
        var sections = new JsonObject();
        foreach (var section in Setting.All.GroupBy(setting => setting.Section))
        {
            var names = section.Key.Split(':');
            var parent = names.SkipLast(1).Aggregate(sections, (at, name) => at[name]!["properties"]!.AsObject());
            parent[names[^1]] = new JsonObject
            {
                ["type"] = "object",
                ["description"] = Setting.Describe(section.First().Property.DeclaringType!),
                ["properties"] = new JsonObject(
                    section.Select(setting => KeyValuePair.Create(setting.Property.Name, (JsonNode?)Of(setting)))),
                ["additionalProperties"] = false,
            };
        }

        return new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["$comment"] = "Written by SettingsSchemaTests out of the options types. Do not edit. docs/configuration.md says more.",
            ["title"] = "Settings of NclueGateway",
            ["type"] = "object",
            ["properties"] = new JsonObject(sections.Select(section => KeyValuePair.Create(section.Key, section.Value?.DeepClone())))
            {
                ["Serilog"] = Levels(),
            },
        }.ToJsonString(Written) + "\n";
    }

    private static JsonObject Of(Setting setting)
    {
        var schema = Typed(setting);
        schema["description"] = Description(setting);
        if (setting.HasDefault)
        {
            schema["default"] = setting.Default switch
            {
                TimeSpan time => Setting.Write(time),
                bool or int => JsonSerializer.SerializeToNode(setting.Default),
                IEnumerable<string> list => new JsonArray([.. list.Select(entry => (JsonNode)entry)]),
                _ => setting.Default!.ToString(),
            };
        }

        if (setting.IsSecret)
        {
            schema["writeOnly"] = true;
        }

        return schema;
    }

    private static string Description(Setting setting)
    {
        var more = (setting.IsRequired && !setting.Description.Contains("Required", StringComparison.Ordinal) ? " Required." : "")
            + (setting.Type == typeof(TimeSpan) ? $" From {setting.Range!.Minimum} to {setting.Range.Maximum}, hours:minutes:seconds." : "")
            + (setting.IsSecret ? " A secret: better in the folder of secrets than in this file." : "");
        return setting.Description + more;
    }

    private static JsonObject Typed(Setting setting)
    {
        var type = setting.Type;
        if (type == typeof(int))
        {
            return new() { ["type"] = "integer", ["minimum"] = (int)setting.Range!.Minimum, ["maximum"] = (int)setting.Range.Maximum };
        }

        if (type == typeof(bool))
        {
            return new() { ["type"] = "boolean" };
        }

        if (type == typeof(TimeSpan))
        {
            return new() { ["type"] = "string", ["pattern"] = TimeSpans };
        }

        if (type == typeof(Uri))
        {
            return new() { ["type"] = "string", ["format"] = "uri" };
        }

        if (type.IsEnum)
        {
            return new() { ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode)name)]) };
        }

        if (type == typeof(IList<string>))
        {
            return new() { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } };
        }

        if (type == typeof(IDictionary<string, string>))
        {
            return new() { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } };
        }

        if (type != typeof(string))
        {
            throw new NotSupportedException($"{setting.Key} has a type that the schema does not know.");
        }

        var text = new JsonObject { ["type"] = "string" };
        if (setting.Property.GetCustomAttribute<RegularExpressionAttribute>() is { } rule)
        {
            text["pattern"] = $"^({rule.Pattern})$";
        }

        return text;
    }

    /// <summary>Returns the schema of Serilog's section: only its levels are read.</summary>
    private static JsonObject Levels()
    {
        return new()
        {
            ["type"] = "object",
            ["description"] = "Log levels. They follow this file while the gateway runs; nothing else of this section has an effect.",
            ["properties"] = new JsonObject
            {
                ["MinimumLevel"] = new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject
                    {
                        ["Default"] = Level("The least level of what has no other one."),
                        ["Override"] = new JsonObject
                        {
                            ["type"] = "object",
                            ["description"] = "The least level by the beginning of the source's name; the longest wins.",
                            ["additionalProperties"] = Level(null),
                        },
                    },
                    ["additionalProperties"] = false,
                },
            },
        };

        static JsonObject Level(string? description)
        {
            var level = new JsonObject { ["enum"] = new JsonArray([.. Enum.GetNames<LogEventLevel>().Select(name => (JsonNode)name)]) };
            if (description is not null)
            {
                level["description"] = description;
            }

            return level;
        }
    }
}
