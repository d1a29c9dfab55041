// What an ASP.NET Core team would otherwise build by hand: an endpoint with JwtBearer that keeps the response of the
// origin in FusionCache, which lets one request for it through, with their default settings.
using Microsoft.AspNetCore.Authentication.JwtBearer;
using NclueGateway.Peers.Fusion;
using ZiggyCreatures.Caching.Fusion;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning); // as in the appsettings.json of "dotnet new"
builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(bearer =>
{
    bearer.Authority = builder.Configuration["Authority"];
    bearer.Audience = builder.Configuration["Audience"];
    bearer.RequireHttpsMetadata = false;
});
builder.Services.AddAuthorization();
builder.Services.AddFusionCache().WithDefaultEntryOptions(options => options.Duration = TimeSpan.FromSeconds(10));
builder.Services.AddHttpClient("origin", client => client.BaseAddress = new Uri(builder.Configuration["Origin"]!));
var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapGet("/api/{**rest}", async (HttpContext context, IFusionCache cache, IHttpClientFactory clients) =>
{
    var address = context.Request.Path.Value + context.Request.QueryString;
    var page = await cache.GetOrSetAsync<CachedPage>(
        address,
        (_, cancellation) => CachedPage.FetchAsync(clients.CreateClient("origin"), address, cancellation),
        token: context.RequestAborted);
    context.Response.ContentType = page.ContentType;
    context.Response.ContentLength = page.Body.Length;
    foreach (var (name, value) in page.Headers)
    {
        context.Response.Headers[name] = value;
    }

    await context.Response.Body.WriteAsync(page.Body, context.RequestAborted);
}).RequireAuthorization();
app.Run();
