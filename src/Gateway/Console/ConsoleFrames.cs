using Microsoft.Extensions.Localization;
using NclueGateway.Access.Sessions;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.Upstream;

namespace NclueGateway.Console;

/// <summary>Builds the parts common to all pages of the console: the visitor, the clock, and the state of the list.</summary>
/// <param name="list">The path of the list in the API.</param>
/// <param name="cache">The time for which the list is fresh.</param>
/// <param name="nclue">The zone of times.</param>
/// <param name="texts">The texts of the console.</param>
/// <param name="time">The clock.</param>
internal sealed class ConsoleFrames(
    string list, CacheOptions cache, NclueOptions nclue, IStringLocalizer<ConsoleTexts> texts, TimeProvider time)
{
    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(nclue.TimeZone);

    /// <summary>Returns the frame of a page.</summary>
    public ConsoleFrame Of(HttpContext context)
    {
        var session = context.Features.Get<CachedSession>();
        return new(
            session is null ? null : session.Session.Name ?? session.Caller.Caller.Subject ?? "",
            new PageClock(time.GetUtcNow(), _zone, texts));
    }

    /// <summary>Returns the state of a version of the list.</summary>
    public ListState StateOf(HttpContext context, SnapshotRead read)
    {
        var snapshot = read.Snapshot!;
        var roll = snapshot.State.Roll;
        var isUnknown = roll.Count == 0 && !snapshot.IsComplete;
        var kind = read.Age > cache.FreshFor + cache.ServeStaleFor || (read.Age > cache.FreshFor && read.Status.Detail is not null)
            ? read.Status.Detail is "redis-away" or "unordered" or null ? "stale" : "unreachable"
            : snapshot.IsComplete ? "current"
            : "reading";
        return new(
            kind,
            isUnknown ? null : time.GetUtcNow() - read.Age,
            roll.Count,
            roll.Traits.ExpectedTotal,
            isUnknown ? null : ListLinks.ChangesAfter(context.Request.PathBase.ToUriComponent() + list, snapshot.Version),
            read.Status.Detail);
    }

    /// <summary>Sets the headers of a page: it is not kept, and states its age.</summary>
    public static void SetHeaders(HttpContext context, SnapshotRead? read = null)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        if (read is { } known)
        {
            (headers.Age, headers["Cache-Status"]) = (ResponseSender.AgeOf(known.Age), known.Status.ToString());
        }
    }
}

/// <summary>The parts common to all pages of the console.</summary>
/// <param name="Visitor">The name of the signed-in person; null for a caller without a session.</param>
/// <param name="Clock">The time of the page.</param>
public sealed record ConsoleFrame(string? Visitor, PageClock Clock);
