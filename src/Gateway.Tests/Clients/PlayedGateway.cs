using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace NclueGateway.Tests.Clients;

/// <summary>
/// A web server in place of the gateway. It sends the responses that a test specifies, one after the other, and then none: cuts, silence
/// and other things that a gateway does only when something fails.
/// </summary>
internal sealed class PlayedGateway : IAsyncDisposable
{
    private readonly ConcurrentQueue<RequestDelegate> _responses;
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _go = new(0);
    private readonly WebApplication _app;

    private PlayedGateway(IEnumerable<RequestDelegate> responses)
    {
        _responses = new(responses);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(RespondAsync);
    }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>The requests: the target, and if they are there the position and the token.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>Completes when a client has closed a stream that goes on.</summary>
    public Task Left => _left.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);

    public static async Task<PlayedGateway> StartAsync(params RequestDelegate[] responses)
    {
        var gateway = new PlayedGateway(responses);
        await gateway._app.StartAsync(TestContext.Current.CancellationToken);
        return gateway;
    }

    /// <summary>A page of the list: the last one, unless it has a cursor to the next one.</summary>
    public static RequestDelegate List(string version, string[] ids, int index = 0, string? next = null) => context =>
    {
        var runs = string.Join(',', ids.Select(id => CSharpClientResponseTests.Run(id)));
        context.Response.Headers.Link = $"</api/task-runs?sort=-createdAt&limit=100>; rel=\"first\"{(next is null
            ? "" : $", </api/task-runs?sort=-createdAt&limit=100&cursor={next}>; rel=\"next\"")}"
            + $", </api/task-runs/changes?since={version}>; rel=\"monitor\"";
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(
            $$"""{"index":{{index}},"limit":100,"total":{{index + ids.Length}},"complete":true,"runs":[{{runs}}]}""");
    };

    /// <summary>A stream that the gateway ends after these events.</summary>
    public static RequestDelegate Stream(params string[] events) => context =>
    {
        context.Response.ContentType = "text/event-stream";
        return context.Response.WriteAsync(string.Concat(events));
    };

    /// <summary>A stream that is cut off after these events, when the test lets it go on.</summary>
    public static RequestDelegate CutStream(params string[] events) => async context =>
    {
        await PausedStream(string.Concat(events), "")(context);
        context.Abort();
    };

    /// <summary>A stream with further events when the test lets it go on.</summary>
    public static RequestDelegate PausedStream(string before, string after) => async context =>
    {
        await Stream(before)(context);
        await context.Response.Body.FlushAsync();
        await Of(context)._go.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync(after);
    };

    /// <summary>A stream that goes on after these events, without any more of them.</summary>
    public static RequestDelegate OpenStream(params string[] events) => async context =>
    {
        await Stream(events)(context);
        await context.Response.Body.FlushAsync();
        await Of(context).UntilLeftAsync(context);
    };

    public static Task NoResponse(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public static RequestDelegate Refusal(int status, string slug, string? retryAfter = null, string more = "") => context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = retryAfter;
        context.Response.ContentType = "application/problem+json";
        return context.Response.WriteAsync($$"""{"type":"/problems/{{slug}}","title":"T","status":{{status}}{{more}}}""");
    };

    public static RequestDelegate Other(string mediaType, string body, int status = 200) => context =>
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, mediaType);
        return context.Response.WriteAsync(body);
    };

    public static string Bookmark(string version, int total = 1, string retry = "") =>
        $$"""
        {{retry}}event: bookmark
        id: {{version}}
        data: {"asOf":"2026-11-29T09:00:00.123Z","total":{{total}},"complete":true}


        """.ReplaceLineEndings("\n");

    public static string Reset(string version) => Bookmark(version).Replace("event: bookmark", "event: reset");

    public static string Progress(int runs, string expected = "null") =>
        $"event: progress\ndata: {{\"runs\":{runs},\"expectedTotal\":{expected}}}\n\n";

    public static string Ending(string reason) => $"event: end\nid: v\ndata: {{\"reason\":\"{reason}\"}}\n\n";

    /// <summary>Changes as <c>+a</c> (created), <c>~a</c> (updated, it has failed) and <c>-a</c> (deleted).</summary>
    public static string Changes(string version, params string[] changes)
    {
        var items = changes.Select(change => change[0] switch
        {
            '+' => $$"""{"type":"created","id":"{{change[1..]}}","run":{{CSharpClientResponseTests.Run(change[1..])}}}""",
            '~' => $$"""{"type":"updated","id":"{{change[1..]}}","run":{{CSharpClientResponseTests.Run(change[1..], "failed")}}}""",
            _ => $$"""{"type":"deleted","id":"{{change[1..]}}","run":null}""",
        });
        return $"event: changes\nid: {version}\ndata: {{\"total\":7,\"complete\":true,\"changes\":[{string.Join(',', items)}]}}\n\n";
    }

    /// <summary>Lets one stream go on, after the client has read all before.</summary>
    public void Go() => _go.Release();

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token); // without a wait for streams that go on
        await _app.DisposeAsync();
    }

    private static PlayedGateway Of(HttpContext context) => (PlayedGateway)context.Items[typeof(PlayedGateway)]!;

    private Task RespondAsync(HttpContext context)
    {
        context.Items[typeof(PlayedGateway)] = this;
        var headers = context.Request.Headers;
        string?[] parts =
        [
            context.Request.Path.Value!["/api/task-runs".Length..] + context.Request.QueryString.Value,
            headers["Last-Event-ID"] is [{ } id] ? $"after {id}" : null,
            headers.Authorization is [{ } token] ? token : null,
        ];
        _requests.Enqueue(string.Join(' ', parts.Where(part => part is not null)));
        return _responses.TryDequeue(out var response) ? response(context) : UntilLeftAsync(context);
    }

    private async Task UntilLeftAsync(HttpContext context)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _left.TrySetResult();
    }
}
