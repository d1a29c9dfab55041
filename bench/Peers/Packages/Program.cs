// The gateway's packages in an application with one endpoint, registered as their documentation says, without a line of the
// gateway's code: what the packages alone add to a start.
using OpenTelemetry.Metrics;
using Serilog;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSerilog(logs => logs.WriteTo.Console(new Serilog.Formatting.Compact.RenderedCompactJsonFormatter()));
builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
    .AddAspNetCoreInstrumentation()
    .AddHttpClientInstrumentation()
    .AddRuntimeInstrumentation()
    .AddPrometheusExporter());
builder.Services.AddAuthentication().AddJwtBearer();
builder.Services.AddAuthorization();
builder.Services.AddStackExchangeRedisCache(redis => redis.Configuration = "localhost");
builder.Services.AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"));
builder.Services.AddEndpointsApiExplorer();
builder.Services.AddSwaggerGen();
var app = builder.Build();
app.UseSerilogRequestLogging();
app.UseAuthentication();
app.UseAuthorization();
app.UseSwagger();
app.MapGet("/", () => "Hello World!");
app.MapReverseProxy();
app.MapPrometheusScrapingEndpoint();
app.Run();
