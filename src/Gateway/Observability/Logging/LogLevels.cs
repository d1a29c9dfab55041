using Microsoft.Extensions.Options;
using NclueGateway.Configuration;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace NclueGateway.Observability.Logging;

/// <summary>
/// The minimum level of each category, from <c>Serilog:MinimumLevel</c>. Changes of the settings apply at run time,
/// including added and removed categories. Serilog's own reader of settings applies changes only to categories that exist
/// at startup, and keeps the level of a removed one.
/// </summary>
internal sealed class LogLevels(IConfiguration configuration, LogPipeline log) : IConfigureOptions<LoggerFilterOptions>
{
    public const string Section = "Serilog:MinimumLevel";

    private const string Default = "Default";
    private const string Override = "Override";

    private static readonly string Provider = typeof(SerilogLoggerProvider).FullName!;

    // This category would open a scope with the path for each request, and RequestLogging already logs each request. A
    // level for it in the settings takes precedence.
    private static readonly LoggerFilterRule Silence = new(Provider, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None, null);

    private IReadOnlyList<LoggerFilterRule> _rules = [new(Provider, null, LogLevel.Information, null)];

    /// <summary>Adds invalid levels to the errors in the settings.</summary>
    public static void Check(SettingsReader settings, IConfiguration configuration)
    {
        foreach (var (key, mistake) in Read(configuration.GetSection(Section)).Mistakes)
        {
            settings.Add(key, mistake);
        }
    }

    /// <summary>Applies the levels in the settings. If one is invalid, all stay unchanged.</summary>
    public void Configure(LoggerFilterOptions options)
    {
        var (rules, mistakes) = Read(configuration.GetSection(Section));
        if (mistakes.Count == 0)
        {
            _rules = rules;
        }

        foreach (var (key, mistake) in mistakes)
        {
            log.Logger.ForContext<LogLevels>().Warning("Log levels stay as they were: {Key}: {Mistake}", key, mistake);
        }

        // This also removes the rules of the section Logging: levels are set in one place only.
        options.Rules.Clear();
        foreach (var rule in (LoggerFilterRule[])[Silence, .. _rules])
        {
            options.Rules.Add(rule);
        }
    }

    private static (List<LoggerFilterRule> Rules, List<(string Key, string Mistake)> Mistakes) Read(IConfigurationSection section)
    {
        var rules = new List<LoggerFilterRule>();
        var mistakes = new List<(string, string)>();
        var least = section.GetSection(Default) is { Value: not null } given ? given : section;
        Add(null, least, least.Value ?? nameof(LogEventLevel.Information));
        foreach (var category in section.GetSection(Override).GetChildren().Where(category => category.Value is not null))
        {
            Add(category.Key, category, category.Value);
        }

        return (rules, mistakes);

        void Add(string? category, IConfigurationSection at, string? value)
        {
            if (category is not null && InvisibleText.Validate(category) is { } invisible)
            {
                mistakes.Add(($"{Section}:{Override}", $"the name of a category is wrong: {invisible}"));
            }
            else if (category?.Contains('*', StringComparison.Ordinal) == true)
            {
                mistakes.Add((at.Path, "it is not the beginning of a category's name."));
            }
            else if (Array.Find(Enum.GetNames<LogEventLevel>(), name => name.Equals(value, StringComparison.OrdinalIgnoreCase))
                is { } level)
            {
                // Both enumerations start at the most verbose level: Verbose is Trace, Fatal is Critical.
                rules.Add(new(Provider, category, (LogLevel)Enum.Parse<LogEventLevel>(level), null));
            }
            else
            {
                var levels = string.Join(", ", Enum.GetNames<LogEventLevel>());
                mistakes.Add((at.Path, InvisibleText.Validate(value ?? "") ?? $"'{value}' is not one of {levels}."));
            }
        }
    }
}
