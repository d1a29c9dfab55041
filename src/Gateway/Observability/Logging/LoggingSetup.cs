using System.Text;
using Microsoft.Extensions.Options;
using Serilog.Extensions.Hosting;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace NclueGateway.Observability.Logging;

/// <summary>
/// Sets up logging to standard output: readable lines in development, otherwise compact JSON, one event a line.
/// <see cref="LogLevels"/> holds the levels; every event passes <see cref="Redactor"/>.
/// </summary>
internal static class LoggingSetup
{
    /// <summary>Key of the <see cref="TextWriter"/> that events are written to.</summary>
    public const string Output = "logs";

    private const string Readable = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj} <{SourceContext}>{NewLine}{Exception}";

    /// <summary>Adds logging to an application.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="secrets">Values that must never be in a log; <see cref="Redactor.Add"/> adds further ones.</param>
    public static WebApplicationBuilder AddLogs(this WebApplicationBuilder builder, IEnumerable<string> secrets)
    {
        var isReadable = builder.Environment.IsDevelopment();
        var redactor = new Redactor();
        redactor.Add(secrets);
        builder.Logging.ClearProviders();
        builder.Services
            .AddSingleton(redactor)
            .AddKeyedSingleton<TextWriter>(Output, StandardOutput()) // an instance: the container would dispose of one from a factory
            .AddSingleton<LostLogEvents>()
            .AddSingleton(services => new LogPipeline(
                new(
                    isReadable ? new MessageTemplateTextFormatter(Readable) : new CompactJsonFormatter(),
                    isReadable ? redactor.RedactText : redactor.RedactJson,
                    services.GetRequiredKeyedService<TextWriter>(Output),
                    services.GetRequiredService<LostLogEvents>()),
                services.GetRequiredService<LostLogEvents>()))
            .AddSingleton(typeof(ILogger<>), typeof(CategoryLogger<>))
            .AddSingleton(new DiagnosticContext(logger: null)) // for UseSerilogRequestLogging

            // AddSerilog is not used: its logger factory ignores LoggerFilterOptions, which can add and remove the level
            // of a category at run time.
            .AddSingleton<ILoggerProvider>(services => new SerilogLoggerProvider(services.GetRequiredService<LogPipeline>().Logger))
            .AddSingleton<IConfigureOptions<LoggerFilterOptions>, LogLevels>()
            .AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(
                new ConfigurationChangeTokenSource<LoggerFilterOptions>(builder.Configuration.GetSection(LogLevels.Section)))

            // Serilog already adds the trace and span ids to events.
            .Configure<LoggerFactoryOptions>(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.None);
        return builder;
    }

    /// <summary>
    /// Returns a buffered writer, which <see cref="RedactingSink"/> flushes. <see cref="System.Console.Out"/> would flush each line.
    /// </summary>
    private static StreamWriter StandardOutput() =>
        new StreamWriter(System.Console.OpenStandardOutput(), new UTF8Encoding(false), bufferSize: 16 * 1024);
}
