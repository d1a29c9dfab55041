using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using NclueGateway.Hosting;
using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace NclueGateway.Upstream;

/// <summary>
/// Requests one block or window from NCLUE through YARP. The forwarded request is the gateway's own: its <see cref="HttpContext"/> is
/// created here and belongs to no client. So no header, cookie, body or abort of a client can reach the upstream.
/// </summary>
/// <param name="handler">The handler of <see cref="NclueHttpHandlerFactory"/>.</param>
internal sealed class NclueClient(
    IHttpForwarder forwarder,
    ITransformBuilder transforms,
    [FromKeyedServices(NclueHttpHandlerFactory.Key)] SocketsHttpHandler handler,
    NclueOptions options,
    NclueCredentials credentials,
    ClockSkewEstimator clock,
    TimeProvider time) : IBlockFetcher, IDisposable
{
    /// <summary>Maximum number of rows in one response of NCLUE. The gateway always requests this many.</summary>
    public const int BlockSize = 100;

    /// <summary>The path under <c>Nclue:BaseAddress</c>.</summary>
    public const string TaskRuns = "task-runs";

    private static readonly ForwarderRequestConfig RequestConfig = new()
    {
        // YARP's timeout restarts with every read, so a slow trickle would never end. A token with a deadline cancels the request instead.
        ActivityTimeout = Timeout.InfiniteTimeSpan,

        // One write is one request: see PacedStream.
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly HttpMessageInvoker _client = new(handler, disposeHandler: false);
    private readonly HttpTransformer _transformer = transforms.Create(context =>
    {
        context.CopyRequestHeaders = false;
        context.CopyResponseHeaders = true;
        context.UseDefaultForwarders = false;

        // Without Accept-Encoding any coding is acceptable (RFC 9110 §12.5.3). The signature covers neither header.
        context.AddRequestHeader(HeaderNames.Accept, "application/json", append: false);
        context.AddRequestHeader(HeaderNames.AcceptEncoding, "identity", append: false);
        context.AddResponseTransform(response =>
        {
            // YARP calls this for a failed request too, with a 502 of its own.
            if (response.ProxyResponse is not null)
            {
                response.HttpContext.Features.Get<Permit>()?.Close();
                KeepHead(response.HttpContext, response.ProxyResponse);
                LearnTime(response.HttpContext, clock);
            }

            return default;
        });
        context.RequestTransforms.Add(new NcpSignatureTransform(options.BaseAddress.AbsoluteUri + TaskRuns, credentials, clock, time));
    });

    /// <inheritdoc/>
    public Task<FetchResult> GetBlockAsync(int number, Permit permit)
    {
        var rows = RowWindow.Of(number, options.IndexUnit);
        return GetRowsAsync(rows.Index, rows.Limit, permit);
    }

    /// <summary>
    /// Requests up to <paramref name="limit"/> rows at <paramref name="index"/>, which are sent unchanged. Otherwise the same as
    /// <see cref="GetBlockAsync"/>.
    /// </summary>
    public async Task<FetchResult> GetRowsAsync(int index, int limit, Permit permit)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var body = new BoundedMemoryStream(options.MaxResponseBytes);

        var context = new DefaultHttpContext();
        context.Request.Method = HttpMethods.Get;
        context.Request.Path = "/" + TaskRuns;
        context.Request.QueryString = new(string.Create(CultureInfo.InvariantCulture, $"?index={index}&limit={limit}"));
        context.Response.Body = body;
        context.Features.Set(permit);

        // The handler creates no span, because it would then send a traceparent header to NCP (see NclueHttpHandlerFactory).
        using var span = GatewayTelemetry.Source.StartActivity("GET task-runs", ActivityKind.Client, default(ActivityContext), [
            new("http.request.method", "GET"), new("server.address", options.BaseAddress.Host)]);
        permit.Begin(timeout.Token);
        var error = await forwarder.SendAsync(
            context, options.BaseAddress.AbsoluteUri, _client, RequestConfig, _transformer, timeout.Token);

        span?.SetTag("http.response.status_code", context.Features.Get<HttpResponse>()?.StatusCode);

        // Status and headers alone classify a refusal: a truncated or endless body must not turn a throttle into another failure.
        if (context.Features.Get<HttpResponse>() is { StatusCode: not StatusCodes.Status200OK } refusal)
        {
            var isWhole = error == ForwarderError.None && !body.IsTooLong;
            return Classify(context, refusal, isWhole ? body.Written : default);
        }

        if (body.IsTooLong)
        {
            return FetchResult.Failed(NclueFailureKind.Unreadable, $"NCLUE's response is longer than {options.MaxResponseBytes} bytes.");
        }

        if (error != ForwarderError.None)
        {
            return Fail(context.Features.Get<IForwarderErrorFeature>(), permit, timeout.IsCancellationRequested);
        }

        return Classify(context, context.Features.GetRequiredFeature<HttpResponse>(), body.Written);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Keeps status and headers as received: YARP clears them when the body fails, and drops transfer codings.</summary>
    private static void KeepHead(HttpContext context, HttpResponseMessage response)
    {
        var head = new DefaultHttpContext().Response;
        head.StatusCode = context.Response.StatusCode;
        head.Headers.RetryAfter = context.Response.Headers.RetryAfter;
        head.Headers.Date = context.Response.Headers.Date;
        head.Headers.ContentEncoding = context.Response.Headers.ContentEncoding;
        head.Headers.TransferEncoding = response.Headers.TransferEncoding.ToString();
        context.Features.Set(head);
    }

    private static void LearnTime(HttpContext context, ClockSkewEstimator clock)
    {
        if (context.Features.Get<SignedRequest>() is { } signed
            && HeaderUtilities.TryParseDate(context.Response.Headers.Date.ToString(), out var date))
        {
            clock.Learn(date, signed.At);
        }
    }

    /// <summary>
    /// Classifies a response, and accepts or refuses the key by it. A wrong clock or path does not count against the
    /// key, because NCP then refuses every key. The clock is judged by the time with which this request was signed, not
    /// by a later correction.
    /// </summary>
    private FetchResult Classify(HttpContext context, HttpResponse response, ReadOnlyMemory<byte> body)
    {
        var signed = context.Features.GetRequiredFeature<SignedRequest>();
        var key = signed.Key;
        var outcome = NclueResponseClassifier.Read(response, body, signed.Time + time.GetElapsedTime(signed.At)) with { Signed = signed };
        switch (outcome.Failure)
        {
            case null:
                credentials.Accept(key);
                return outcome;
            case { Cause: RefusalCause.Key or RefusalCause.Permission } refusal:
                return outcome with { Failure = refusal with { HasOtherKey = credentials.Refuse(key) } };
            default:
                return outcome;
        }
    }

    /// <summary>Returns the failure of a request without a complete response.</summary>
    private FetchResult Fail(IForwarderErrorFeature? error, Permit permit, bool isTimeout)
    {
        var limit = $"within {options.Timeout.TotalSeconds:0.###} s";
        var (kind, detail) = isTimeout
            ? (NclueFailureKind.TimedOut, $"NCLUE did not respond {limit}.")
            : (NclueFailureKind.Unreachable, Describe(error));
        var proxy = !isTimeout ? options.Egress.Describe(error?.Exception, permit.HasConnection)
            : options.Egress.IsSet && !permit.HasConnection ? $"{options.Egress.Name} opened no connection {limit}"
            : null;
        return proxy is null
            ? FetchResult.Failed(kind, detail)
            : new(default, new NclueFailure(kind, $"NCLUE cannot be reached: {proxy}.") { IsOfProxy = true });
    }

    private static string Describe(IForwarderErrorFeature? error) => error switch
    {
        { Error: ForwarderError.ResponseBodyDestination } => "NCLUE's response was cut off.",
        { Exception: HttpRequestException { HttpRequestError: var kind and not HttpRequestError.Unknown } } =>
            $"NCLUE cannot be reached ({kind}).",
        _ => "NCLUE cannot be reached.",
    };
}
