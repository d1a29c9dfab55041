using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NclueGateway.Observability.Audit;
using NclueGateway.Observability.Logging;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Observability;

/// <summary>The standard output of a gateway that is composed as in production but not started.</summary>
internal sealed class WrittenLogs : IAsyncDisposable
{
    private const string Marker = "All events before this one are written";

    private readonly WebApplication _app;
    private int _markers;

    public WrittenLogs(IReadOnlyDictionary<string, string?> settings, string environment = "Production", TimeProvider? time = null)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Nclue:AccessKey"] = "access-key",
            ["Nclue:SecretKey"] = "secret-key",
            ["Auth:Authority"] = "https://id.example.com",
            ["Auth:Audience"] = "gateway",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.AddGateway();
        builder.Services.AddKeyedSingleton<TextWriter>(LoggingSetup.Output, Output);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        _app = builder.Build();
    }

    public CapturedLog Output { get; } = new();

    public IConfiguration Configuration => _app.Configuration;

    public IServiceProvider Services => _app.Services;

    public Redactor Redactor => Services.GetRequiredService<Redactor>();

    public ILogger Log(string category = "Any.Category") => Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    /// <summary>Writes one event.</summary>
    /// <param name="template">The message, with the names of <paramref name="values"/> in braces.</param>
    /// <param name="values">The values of the properties.</param>
    public void Write(string template, params object[] values) => Write(Log(), null, template, values);

    public static void Write(ILogger log, Exception? exception, string template, params object[] values) =>
#pragma warning disable CA1848, CA2254 // tests have their own templates
        log.LogError(exception, template, values);
#pragma warning restore CA1848, CA2254

    /// <summary>Writes one event of a caller that is signed in.</summary>
    public void Audit(string outcome) =>
        new AuditEvent(new()) { Kind = AuditKind.Read, Outcome = outcome, Subject = "reader" }
            .WriteTo(Log(AuditEvent.Category));

    /// <summary>Returns all events logged so far, after both queues have been written.</summary>
    public string Text()
    {
        var marker = $"{Marker} {++_markers}";
        Write(marker);
        Audit(marker);
        SpinWait.SpinUntil(() => Output.ToString().Split(marker).Length == 3, TimeSpan.FromMinutes(1)).ShouldBeTrue(Output.ToString());
        return string.Concat(
            Output.ToString()
                .Split('\n')
                .Where(line => !line.Contains(Marker, StringComparison.Ordinal) && line.Length > 0)
                .Select(line => line + "\n"));
    }

    /// <summary>Returns all events logged so far, parsed as JSON, one a line.</summary>
    public JsonElement[] Events() => Parse(Text());

    public static JsonElement[] Parse(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
