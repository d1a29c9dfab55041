using System.Globalization;
using NclueGateway.Hosting;
namespace NclueGateway.Observability.Telemetry;

/// <summary>
/// Observes exports to the collector. It logs one warning when exports begin to fail and one message when all succeed
/// again; OpenTelemetry itself logs neither.
/// </summary>
[LogCategory("NclueGateway.Operations.Telemetry.CollectorWatch")]
internal sealed partial class CollectorWatch(ILogger<CollectorWatch> logger)
{
    private const string TimedOut = "no response in time";
    private const long LongestGrpcResponse = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, string?> _last = new(StringComparer.Ordinal);

    /// <summary>
    /// The reason why the last export failed, by signal (<c>metrics</c>, <c>traces</c>); null if it succeeded. Empty
    /// before the first export.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Last
    {
        get
        {
            lock (_lock)
            {
                return new Dictionary<string, string?>(_last);
            }
        }
    }

    /// <summary>Returns a handler that sends through <paramref name="collector"/> and records the result.</summary>
    public HttpMessageHandler Watch(HttpMessageHandler collector) => new Handler(this, collector);

    private void Note(HttpRequestMessage export, string? failure)
    {
        // Both protocols name the signal in the path (OTLP specification 1.9).
        var isOfMetrics = export.RequestUri?.AbsolutePath.Contains("metrics", StringComparison.OrdinalIgnoreCase) == true;
        var signal = isOfMetrics ? "metrics" : "traces";
        bool wasFailing, isFailing;
        lock (_lock)
        {
            wasFailing = _last.Values.Any(reason => reason is not null);

            // The exporter retries a 503 until it times out: the first reason is more informative.
            _last[signal] = failure == TimedOut ? _last.GetValueOrDefault(signal) ?? failure : failure;
            isFailing = _last.Values.Any(reason => reason is not null);
        }

        if (isFailing && !wasFailing)
        {
            Failing(logger, signal, failure!);
        }
        else if (wasFailing && !isFailing)
        {
            Taken(logger);
        }
    }

    private static string? Failure(HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
        {
            return $"HTTP {(int)response.StatusCode}";
        }

        // gRPC always responds with 200. The result is in the trailers, or in the headers if the response has no body.
        var status = response.TrailingHeaders.TryGetValues("grpc-status", out var trailers) ? trailers.First()
            : response.Headers.TryGetValues("grpc-status", out var headers) ? headers.First()
            : "0";
        return status == "0" ? null
            : int.TryParse(status, CultureInfo.InvariantCulture, out var code) ? $"gRPC status {code}" : "no gRPC status";
    }

    private static string Describe(Exception failure) => failure switch
    {
        HttpRequestException { HttpRequestError: var kind and not HttpRequestError.Unknown } => $"{kind}",
        OperationCanceledException => TimedOut,
        _ => failure.GetType().Name,
    };

    private static bool IsOfNetwork(Exception failure) =>
        failure is HttpRequestException or OperationCanceledException or IOException or NotSupportedException;

    [LoggerMessage(1, LogLevel.Warning,
        "The OpenTelemetry collector does not accept exports ({Signal}: {Reason}). What cannot be exported is lost.")]
    private static partial void Failing(ILogger logger, string signal, string reason);

    [LoggerMessage(2, LogLevel.Information, "The OpenTelemetry collector accepts exports again.")]
    private static partial void Taken(ILogger logger);

    private sealed class Handler(CollectorWatch watch, HttpMessageHandler collector) : DelegatingHandler(collector)
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                var response = base.Send(request, cancellationToken);
                watch.Note(request, Failure(response));
                return response;
            }
            catch (Exception failure) when (IsOfNetwork(failure))
            {
                watch.Note(request, Describe(failure));
                throw;
            }
        }

        /// <summary>Sends an export over gRPC, which needs HTTP/2.</summary>
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                await response.Content.LoadIntoBufferAsync(LongestGrpcResponse, cancellationToken); // the trailers follow the content
                watch.Note(request, Failure(response));
                return response;
            }
            catch (Exception failure) when (IsOfNetwork(failure))
            {
                watch.Note(request, Describe(failure));
                throw;
            }
        }
    }
}
