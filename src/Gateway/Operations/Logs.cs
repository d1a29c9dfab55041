using Serilog;
using Serilog.Formatting.Compact;

namespace NclueGateway.Operations;

/// <summary>Logs: readable lines for a developer, compact JSON (one event a line) for everybody else's collectors.</summary>
internal static class Logs
{
    private const string Readable = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj} <{SourceContext}>{NewLine}{Exception}";

    public static WebApplicationBuilder AddLogs(this WebApplicationBuilder builder)
    {
        builder.Services.AddSerilog((_, logs) =>
        {
            logs.ReadFrom.Configuration(builder.Configuration).Enrich.FromLogContext();
            if (builder.Environment.IsDevelopment())
            {
                logs.WriteTo.Console(outputTemplate: Readable);
            }
            else
            {
                logs.WriteTo.Console(new CompactJsonFormatter());
            }
        });
        return builder;
    }
}
