// What an ASP.NET Core team would otherwise build: a YARP route, JwtBearer and output caching, with their default
// settings. Only the output cache policy is our own: the default policy caches no response to a request with a token.
using Microsoft.AspNetCore.Authentication.JwtBearer;
using NclueGateway.Peers.Cached;
using Yarp.ReverseProxy.Configuration;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning); // as in the appsettings.json of "dotnet new"
builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(bearer =>
{
    bearer.Authority = builder.Configuration["Authority"];
    bearer.Audience = builder.Configuration["Audience"];
    bearer.RequireHttpsMetadata = false;
});
builder.Services.AddAuthorization();
builder.Services.AddOutputCache(cache => cache.AddPolicy(SharedResponses.Name, new SharedResponses()));
builder.Services.AddReverseProxy().LoadFromMemory(
    [
        new RouteConfig
        {
            RouteId = "task-runs",
            ClusterId = "origin",
            AuthorizationPolicy = "default",
            OutputCachePolicy = SharedResponses.Name,
            Match = new RouteMatch { Path = "/api/{**rest}" },
        },
    ],
    [
        new ClusterConfig
        {
            ClusterId = "origin",
            Destinations = new Dictionary<string, DestinationConfig> { ["origin"] = new() { Address = builder.Configuration["Origin"]! } },
        },
    ]);
var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.UseOutputCache();
app.MapReverseProxy();
app.Run();
