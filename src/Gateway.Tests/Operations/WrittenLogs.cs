using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NclueGateway.Operations;

namespace NclueGateway.Tests.Operations;

/// <summary>What the gateway, composed as in production, writes to its standard output; it need not run for that.</summary>
internal sealed class WrittenLogs : IAsyncDisposable
{
    private readonly Writer _written = new();
    private readonly WebApplication _app;

    public WrittenLogs(IReadOnlyDictionary<string, string?> settings, string environment = "Production")
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Nclue:AccessKey"] = "access-key",
            ["Nclue:SecretKey"] = "secret-key",
            ["Auth:Authority"] = "https://id.example.com",
            ["Auth:Audience"] = "gateway",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.AddGateway();
        builder.Services.AddKeyedSingleton<TextWriter>(Logs.Output, _written);
        _app = builder.Build();
    }

    public IConfiguration Configuration => _app.Configuration;

    public IServiceProvider Services => _app.Services;

    public Redactor Redactor => Services.GetRequiredService<Redactor>();

    public ILogger Log(string category = "Any.Category") => Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    /// <summary>Writes one event.</summary>
    /// <param name="template">The message, with the names of <paramref name="values"/> in braces.</param>
    /// <param name="values">What the properties are.</param>
    public void Write(string template, params object[] values) => Write(Log(), null, template, values);

    public static void Write(ILogger log, Exception? exception, string template, params object[] values) =>
#pragma warning disable CA1848, CA2254 // tests bring templates of their own
        log.LogError(exception, template, values);
#pragma warning restore CA1848, CA2254

    /// <summary>Whether nothing more can be written.</summary>
    public bool IsFull { set => _written.IsFull = value; }

    /// <summary>Whether what is written waits.</summary>
    public bool IsHeld { set => _written.IsHeld = value; }

    /// <summary>Everything so far.</summary>
    public string Text() => _written.ToString();

    /// <summary>Everything so far, as a collector reads it: each line has to be JSON.</summary>
    public JsonElement[] Events() =>
        [.. Text().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private sealed class Writer : StringWriter
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);

        public bool IsFull { get; set; }

        public bool IsHeld
        {
            set
            {
                if (value)
                {
                    _open.Reset();
                }
                else
                {
                    _open.Set();
                }
            }
        }

        public override void Flush()
        {
            _open.Wait(TestContext.Current.CancellationToken);
            if (IsFull)
            {
                throw new IOException("No space left on device");
            }
        }

        protected override void Dispose(bool disposing)
        {
            _open.Dispose();
            base.Dispose(disposing);
        }
    }
}
