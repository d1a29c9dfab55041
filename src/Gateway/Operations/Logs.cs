using System.Text;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Core;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace NclueGateway.Operations;

/// <summary>
/// Logs on standard output: readable lines for a developer, compact JSON (one event a line) for everybody else's collectors; by
/// <see cref="LogLevels"/>, and without what <see cref="Redactor"/> takes out. There is no other way out for an event.
/// </summary>
internal static class Logs
{
    /// <summary>The key of the <see cref="TextWriter"/> that events are written to.</summary>
    public const string Output = "logs";

    private const string Readable = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj} <{SourceContext}>{NewLine}{Exception}";

    /// <param name="builder">The application that logs.</param>
    /// <param name="secrets">The values that must never be in a log; others come by <see cref="Redactor.Replace"/>.</param>
    public static WebApplicationBuilder AddLogs(this WebApplicationBuilder builder, IEnumerable<string> secrets)
    {
        var isReadable = builder.Environment.IsDevelopment();
        var redactor = new Redactor();
        redactor.Replace(secrets);
        builder.Logging.ClearProviders();
        builder.Services
            .AddSingleton(redactor)
            .AddKeyedSingleton<TextWriter>(Output, StandardOutput()) // as it is: what a factory makes is disposed of with the application
            .AddSingleton(provider => new LogOutput(
                isReadable ? new MessageTemplateTextFormatter(Readable) : new CompactJsonFormatter(),
                isReadable ? redactor.InText : redactor.InJson,
                provider.GetRequiredKeyedService<TextWriter>(Output)))
            .AddSingleton(provider => CreateLogger(provider.GetRequiredService<LogOutput>()))
            .AddSingleton<ILoggerProvider>(provider => new LogProvider(
                provider.GetRequiredService<Logger>(), isReadable ? null : provider.GetRequiredService<LogOutput>()))
            .AddSingleton<IConfigureOptions<LoggerFilterOptions>, LogLevels>()
            .AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(
                new ConfigurationChangeTokenSource<LoggerFilterOptions>(builder.Configuration.GetSection(LogLevels.Section)))

            // Events have the ids of their trace anyhow.
            .Configure<LoggerFactoryOptions>(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.None);
        return builder;
    }

    /// <summary><see cref="Console.Out"/> writes each line by itself; <see cref="LogOutput"/> says when.</summary>
    private static StreamWriter StandardOutput() => new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), bufferSize: 16 * 1024);

    /// <summary>Writes everything that it is given: levels are looked at before.</summary>
    private static Logger CreateLogger(LogOutput output) =>
        new LoggerConfiguration().MinimumLevel.Verbose().Enrich.FromLogContext().WriteTo.Sink(output).CreateLogger();
}
