using Microsoft.Extensions.Logging;
using NclueGateway.Observability.Logging;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Replicas;

internal static class ReplicaSettings
{
    /// <summary>Returns the settings of a replica that shares an account; each test uses an account of its own.</summary>
    public static Dictionary<string, string?> For(string redis, string account, params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:Redis"] = redis, ["Nclue:Account"] = account };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return settings;
    }

    public static string NewAccount() => $"test-{Guid.NewGuid():N}";

    /// <summary>Reads a few times a second until the response is as expected, for at most half a minute.</summary>
    public static Task<PageResponse> ReadUntilTrueAsync(this GatewayHost gateway, Predicate<PageResponse> isAsExpected, int index = 0) =>
        EventuallyAsync(() => gateway.ReadAsync(index), isAsExpected);

    /// <summary>
    /// Returns the logged warnings and errors, without the framework's own lines and those about single requests.
    /// </summary>
    public static string[] Warnings(this GatewayHost gateway) =>
    [
        .. gateway.Logs.GetSnapshot()
            .Where(log => log.Level >= LogLevel.Warning && log.Category != RequestLogging.Category)
            .Where(log => log.Category!.StartsWith("NclueGateway", StringComparison.Ordinal)).Select(log => log.Message),
    ];

    /// <summary>Returns the status and text of <c>/health/ready</c>.</summary>
    public static async Task<string> ReadinessAsync(this GatewayHost gateway)
    {
        using var response = await gateway.Client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
    }

    public static Task UntilReadyAsync(this GatewayHost gateway, string readiness) =>
        EventuallyAsync(gateway.ReadinessAsync, r => r == readiness);

    /// <summary>Checks a few times a second, for at most half a minute: events in other processes follow no clock of the test.</summary>
    public static async Task<T> EventuallyAsync<T>(Func<Task<T>> look, Predicate<T> isAsExpected)
    {
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50), clock);
        while (true)
        {
            var seen = await look();
            if (isAsExpected(seen))
            {
                return seen;
            }

            if (clock.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
            {
                throw new TimeoutException($"After half a minute it is still not so: {seen}");
            }

            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
