using Microsoft.Extensions.Options;
using NclueGateway.Configuration;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace NclueGateway.Observability.Logging;

/// <summary>
/// The least level of each category, from <c>Serilog:MinimumLevel</c>. They follow the settings while the gateway runs, also to categories that
/// had no level of their own before, and back. (Serilog's own reader of settings follows only those that are there at the start, and keeps the
/// level of one that is taken away.)
/// </summary>
internal sealed class LogLevels(IConfiguration configuration, LogPipeline log) : IConfigureOptions<LoggerFilterOptions>
{
    public const string Section = "Serilog:MinimumLevel";

    private const string Default = "Default";
    private const string Override = "Override";

    private static readonly string Provider = typeof(SerilogLoggerProvider).FullName!;

    // It would open a scope for each request, with its path, and RequestLogging has its line. A level of its own in the settings wins.
    private static readonly LoggerFilterRule Silence = new(Provider, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None, null);

    private IReadOnlyList<LoggerFilterRule> _rules = [new(Provider, null, LogLevel.Information, null)];

    /// <summary>Adds what of the levels cannot be read to the mistakes in the settings.</summary>
    public static void Check(SettingsReader settings, IConfiguration configuration)
    {
        foreach (var (key, mistake) in Read(configuration.GetSection(Section)).Mistakes)
        {
            settings.Add(key, mistake);
        }
    }

    /// <summary>Takes the levels as they are set now; if one cannot be read, all stay as they were.</summary>
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

        // Those of the section Logging among them: there is one place for levels.
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
            else if (Array.Find(Enum.GetNames<LogEventLevel>(), name => name.Equals(value, StringComparison.OrdinalIgnoreCase)) is { } level)
            {
                // Both count from the chattiest on: Verbose is Trace, Fatal is Critical.
                rules.Add(new(Provider, category, (LogLevel)Enum.Parse<LogEventLevel>(level), null));
            }
            else
            {
                mistakes.Add((at.Path, InvisibleText.Validate(value ?? "") ?? $"'{value}' is not one of {string.Join(", ", Enum.GetNames<LogEventLevel>())}."));
            }
        }
    }
}
