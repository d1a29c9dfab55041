using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.TaskRuns.Status;

/// <summary>Reads of a gateway's status, and minutes that pass.</summary>
internal static class StatusHosts
{
    public const string Path = "/api/status";

    /// <summary>Reads the status, which is always 200.</summary>
    public static async Task<JsonObject> StatusAsync(this GatewayHost gateway)
    {
        var response = await gateway.Client.AskAsync(Path);
        response.Status.ShouldBe(HttpStatusCode.OK, response.Text);
        return response.Json;
    }

    /// <summary>The words and numbers that describe the requests to NCLUE.</summary>
    public static (string Upstream, string? Detail, int PausedForSeconds) Upstream(this JsonObject status) =>
        ((string)status["upstream"]!, (string?)status["detail"], (int)status["pausedForSeconds"]!);

    /// <summary>The departures of the last minutes, the oldest first.</summary>
    public static int?[] LastMinutes(this JsonObject status, int count) =>
        [.. status["departures"]!["perMinute"]!.AsArray().TakeLast(count).Select(departures => (int?)departures)];

    /// <summary>Lets time pass until a minute and the time after it are over in which it may still be counted.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="settle">Waits after each step until what happens at that time has happened.</param>
    public static async Task LetMinuteEndAsync(this FakeTimeProvider clock, Func<Task>? settle = null)
    {
        var minute = TimeSpan.FromMinutes(1).Ticks;
        var counted = clock.GetUtcNow().AddTicks(minute - (clock.GetUtcNow().Ticks % minute)) + TimeSpan.FromSeconds(2.5);
        while (clock.GetUtcNow() < counted)
        {
            await clock.StepAsync();
            await (settle?.Invoke() ?? Task.CompletedTask);
        }
    }

    /// <summary>
    /// Lets half a second pass, and waits until all timers have run that were due: another thread may run them, and it must not find that
    /// the clock has gone on.
    /// </summary>
    public static async Task StepAsync(this FakeTimeProvider clock)
    {
        var step = TimeSpan.FromSeconds(0.5);
        var hasRun = false;
        await using var last = clock.CreateTimer(_ => Volatile.Write(ref hasRun, true), null, step, Timeout.InfiniteTimeSpan);
        for (clock.Advance(step); !Volatile.Read(ref hasRun); clock.Advance(TimeSpan.Zero))
        {
            await Task.Yield();
        }
    }
}
