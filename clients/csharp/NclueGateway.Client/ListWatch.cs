using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace NclueGateway.Client;

/// <summary>One watch: reads the list, follows its changes, and goes on after failures that may be temporary.</summary>
/// <param name="readPages">Reads all pages of the list. It must not wait until the list is complete.</param>
/// <param name="stream">Opens streams of changes.</param>
/// <param name="options">Options of the caller.</param>
/// <param name="time">Clock of all waits.</param>
internal sealed class ListWatch(
    Func<CancellationToken, IAsyncEnumerable<TaskRunPage>> readPages, ChangeStream stream, WatchOptions options, TimeProvider time)
{
    private static readonly TimeSpan LeastDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostDelay = TimeSpan.FromSeconds(30);

    /// <summary>Time within which a stream must not end, or a list must not expire, to be followed at once by the next one.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    // The place: the list must be read, or the version from which the changes are followed. Without a version the stream reports the
    // progress of the list, and that it is complete.
    private bool _mustRead = options.Since is null;
    private string? _since = options.Since;
    private string? _lastEventId;

    private bool _hasBegun; // false until the first response: before, a failure is more likely a mistake than a temporary one
    private bool _isRefused; // true after a 401, until a message comes
    private int _failures;
    private TimeSpan _retry = TimeSpan.FromSeconds(3);
    private long? _listReadAt;
    private long? _openedAt;

    /// <summary>Returns the updates until the token is cancelled, or until a failure that is not temporary.</summary>
    public async IAsyncEnumerable<TaskRunUpdate> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var step = _mustRead ? ReadListAsync(cancellationToken) : FollowAsync(cancellationToken);
            var updates = step.GetAsyncEnumerator(cancellationToken);
            var wait = TimeSpan.Zero;
            await using (updates.ConfigureAwait(false)) // closes the connection before the wait
            {
                while (true)
                {
                    try
                    {
                        if (!await updates.MoveNextAsync().ConfigureAwait(false))
                        {
                            wait = WaitAfterStep();
                            break;
                        }
                    }
                    catch (Exception failure) when (MayPass(failure) && !cancellationToken.IsCancellationRequested)
                    {
                        wait = WaitAfter(failure);
                        break;
                    }

                    yield return updates.Current;
                }
            }

            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async IAsyncEnumerable<TaskRunUpdate> ReadListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (runs, last) = (new List<TaskRun>(), default(TaskRunPage));
        await foreach (var page in readPages(cancellationToken).ConfigureAwait(false))
        {
            _hasBegun = true;
            if (page.Index == 0)
            {
                runs.Clear(); // the version of the pages before has expired
            }

            runs.AddRange(page.Runs);
            last = page;
        }

        var version = last!.Version ?? throw Unreadable("The list has no link to its changes: the gateway is too old to be watched.");
        (_mustRead, _since, _lastEventId) = (false, version, null);
        (_failures, _isRefused, _listReadAt, _openedAt) = (0, false, time.GetTimestamp(), null);
        yield return new TaskRunList { Runs = runs, AsOf = last.AsOf, Version = version };
    }

    private async IAsyncEnumerable<TaskRunUpdate> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _openedAt = null;
        await foreach (var message in stream.ReadAsync(_since, _lastEventId, cancellationToken).ConfigureAwait(false))
        {
            _openedAt ??= time.GetTimestamp();
            (_hasBegun, _failures, _isRefused) = (true, 0, false);
            if (message.ReconnectionInterval is { } retry)
            {
                _retry = TimeSpan.FromTicks(Math.Clamp(retry.Ticks, LeastDelay.Ticks, MostDelay.Ticks));
            }

            switch (message.EventType)
            {
                case "progress":
                    yield return Parse(message, ContentJson.ReadProgress);
                    break;
                case "end":
                    // After the end of the session, or without the permission, the next response has the problem.
                    _isRefused = Parse(message, ContentJson.ReadEnd).Reason is "session" or "permission";
                    yield break;
                case "reset":
                case "bookmark" or "changes" when _since is null: // the list is complete now
                    _mustRead = true;
                    yield break;
                case "bookmark":
                    yield return Reach(message, ContentJson.ReadBookmark);
                    break;
                case "changes":
                    yield return Reach(message, ContentJson.ReadChanges);
                    break;
            }
        }

        throw ChangeStream.CutOff();
    }

    private T Reach<T>(SseItem<string> message, Func<string, T> parse)
        where T : TaskRunUpdate
    {
        var update = Parse(message, parse); // first: a message that cannot be read does not move the place
        _lastEventId = message.EventId is { Length: > 0 } id ? id : _lastEventId;
        return update with { Version = _lastEventId ?? _since };
    }

    private static T Parse<T>(SseItem<string> message, Func<string, T> parse)
    {
        try
        {
            return parse(message.Data);
        }
        catch (JsonException mistake)
        {
            throw Unreadable($"A message of the stream of changes ({message.EventType}) cannot be read. {mistake.Message}", mistake);
        }
    }

    private static NclueGatewayException Unreadable(string message, Exception? cause = null) =>
        new(HttpStatusCode.OK, message, error: HttpRequestError.InvalidResponse, inner: cause);

    private bool MayPass(Exception failure) => failure switch
    {
        NclueGatewayException { Problem.Slug: ProblemSlugs.ListIncomplete } => true,
        HttpRequestException { StatusCode: HttpStatusCode.Gone } => true,
        _ when !_hasBegun => failure is NclueGatewayException
        {
            StatusCode: HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, RetryAfter: not null,
        },
        NclueGatewayException { StatusCode: HttpStatusCode.Unauthorized } => !_isRefused, // the token may just have expired
        NclueGatewayException { StatusCode: HttpStatusCode.BadRequest } refusal => HasLostPlace(refusal),
        HttpRequestException { StatusCode: HttpStatusCode.NotImplemented } => false,
        HttpRequestException http =>
            http.StatusCode is null or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
            || http.HttpRequestError == HttpRequestError.ResponseEnded,
        TaskCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    /// <summary>
    /// Returns true if the gateway does not know the version that it has sent itself: it has lost its newest versions.
    /// </summary>
    private bool HasLostPlace(NclueGatewayException refusal) =>
        _lastEventId is not null && refusal.Problem?.Errors?.Keys.Any(name => name is "since" or "Last-Event-ID") == true;

    private TimeSpan WaitAfter(Exception failure)
    {
        var refusal = failure as NclueGatewayException;
        if (_mustRead && refusal?.Problem?.Slug == ProblemSlugs.ListIncomplete)
        {
            (_hasBegun, _mustRead, _since, _lastEventId) = (true, false, null, null);
            return TimeSpan.Zero; // the stream reports the progress
        }

        options.OnFailure?.Invoke(failure);
        _isRefused = refusal?.StatusCode == HttpStatusCode.Unauthorized;
        if (!_mustRead && refusal?.StatusCode is HttpStatusCode.Gone or HttpStatusCode.BadRequest)
        {
            _mustRead = true;
            return WaitAfterStep();
        }

        var delay = NextDelay();
        return refusal?.RetryAfter is { } after && after > delay ? after : delay;
    }

    /// <summary>Returns the wait after a list, or after a stream that the gateway has ended: none, unless it was very short.</summary>
    private TimeSpan WaitAfterStep()
    {
        var began = _mustRead ? _listReadAt : _openedAt;
        return began is { } at && time.GetElapsedTime(at) < Soon ? NextDelay() : TimeSpan.Zero;
    }

    /// <summary>
    /// Returns the gateway's own delay, doubled with each failure, and random, so that clients do not come back together.
    /// </summary>
    private TimeSpan NextDelay()
    {
        var delay = Math.Min(_retry.Ticks * Math.Pow(2, Math.Min(_failures++, 10)), MostDelay.Ticks);
        return TimeSpan.FromTicks((long)(delay * (0.8 + (0.4 * Random.Shared.NextDouble()))));
    }
}
