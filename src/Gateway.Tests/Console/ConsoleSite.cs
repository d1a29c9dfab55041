using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Console;

/// <summary>A gateway with browser sign-in and one run, <c>a</c>, for many tests that change nothing in it.</summary>
public sealed class ConsoleSite : IAsyncLifetime
{
    internal GatewayHost Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Gateway = await ConsoleHosts.StartWithSignInAsync(
        [new ListedRun("a")], ("Auth:AllowedOrigins:0", "https://app.example.com"), ("Quota:AnonymousPerSecond", "100000"));

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
