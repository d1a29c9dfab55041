using NclueGateway.Hosting;
namespace NclueGateway.Observability.Telemetry;

/// <summary>
/// Whether the collector takes what is sent to it. The first export that fails is one warning, and the log says once that all are taken again;
/// OpenTelemetry itself says neither to the log.
/// </summary>
[LogCategory("NclueGateway.Operations.Telemetry.CollectorWatch")]
internal sealed partial class CollectorWatch(ILogger<CollectorWatch> logger)
{
    private const string TimedOut = "no response in time";
    private const long LongestGrpcResponse = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, string?> _last = new(StringComparer.Ordinal);

    /// <summary>By signal (<c>metrics</c>, <c>traces</c>): why its last export failed; null when it was taken. Empty before the first export.</summary>
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

    /// <summary>Returns a handler that sends by <paramref name="collector"/> and notes what comes of it.</summary>
    public HttpMessageHandler Watch(HttpMessageHandler collector) => new Handler(this, collector);

    private void Note(HttpRequestMessage export, string? failure)
    {
        // Both protocols name the signal in the path (OTLP specification 1.9).
        var isOfMetrics = export.RequestUri?.AbsolutePath.Contains("metrics", StringComparison.OrdinalIgnoreCase) == true;
        bool wasFailing, isFailing;
        lock (_lock)
        {
            wasFailing = _last.Values.Any(reason => reason is not null);
            var signal = isOfMetrics ? "metrics" : "traces";

            // The exporter retries a 503 until its time is over: the first reason says more.
            _last[signal] = failure == TimedOut ? _last.GetValueOrDefault(signal) ?? failure : failure;
            isFailing = _last.Values.Any(reason => reason is not null);
        }

        if (isFailing && !wasFailing)
        {
            Failing(logger, isOfMetrics ? "metrics" : "traces", failure!);
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

        // gRPC answers 200 and says how it went in trailers, or in the head when there is nothing else.
        var status = response.TrailingHeaders.TryGetValues("grpc-status", out var trailers) ? trailers.First()
            : response.Headers.TryGetValues("grpc-status", out var headers) ? headers.First()
            : "0";
        return status == "0" ? null : int.TryParse(status, out var code) ? $"gRPC status {code}" : "no gRPC status";
    }

    private static string Describe(Exception failure) => failure switch
    {
        HttpRequestException { HttpRequestError: var kind and not HttpRequestError.Unknown } => $"{kind}",
        OperationCanceledException => TimedOut,
        _ => failure.GetType().Name,
    };

    private static bool IsOfNetwork(Exception failure) => failure is HttpRequestException or OperationCanceledException or IOException or NotSupportedException;

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

        /// <summary>Of gRPC, which needs HTTP/2.</summary>
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                await response.Content.LoadIntoBufferAsync(LongestGrpcResponse, cancellationToken); // the trailers come after it
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
