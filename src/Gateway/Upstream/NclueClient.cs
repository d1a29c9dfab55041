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
/// Asks NCLUE for one block through YARP. The forwarded request is the gateway's own: its <see cref="HttpContext"/> is made here and
/// belongs to no caller, so that no header, cookie, body or abort of a caller can reach the upstream.
/// </summary>
/// <param name="handler">Made by <see cref="NclueHttpHandlerFactory"/>.</param>
internal sealed class NclueClient(
    IHttpForwarder forwarder,
    ITransformBuilder transforms,
    [FromKeyedServices(NclueHttpHandlerFactory.Key)] SocketsHttpHandler handler,
    NclueOptions options,
    NclueCredentials credentials,
    ClockSkewEstimator clock,
    TimeProvider time) : IBlockFetcher, IDisposable
{
    /// <summary>The most rows that NCLUE answers at once, and what the gateway always asks for.</summary>
    public const int BlockSize = 100;

    /// <summary>The path under <c>Nclue:BaseAddress</c>.</summary>
    public const string TaskRuns = "task-runs";

    private static readonly ForwarderRequestConfig RequestConfig = new()
    {
        // YARP's timeout starts again with every read, so a slow drip would never end; the call is cancelled by the clock instead.
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
            // It is called for a failed call too, with a 502 of YARP's own.
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
    public Task<FetchResult> GetBlockAsync(int number, Permit departure) =>
        GetRowsAsync(options.IndexUnit == IndexUnit.Row ? number * BlockSize : number, departure);

    /// <summary>Asks for up to 100 rows at <paramref name="index"/>, whatever NCLUE counts by it. Otherwise as <see cref="GetBlockAsync"/>.</summary>
    public async Task<FetchResult> GetRowsAsync(int index, Permit departure)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var body = new BoundedMemoryStream(options.MaxResponseBytes);

        var context = new DefaultHttpContext();
        context.Request.Method = HttpMethods.Get;
        context.Request.Path = "/" + TaskRuns;
        context.Request.QueryString = new(string.Create(CultureInfo.InvariantCulture, $"?index={index}&limit={BlockSize}"));
        context.Response.Body = body;
        context.Features.Set(departure);

        // The handler makes no span of its own: it would tell NCP of it (see NclueHttpHandlerFactory).
        using var span = GatewayTelemetry.Source.StartActivity("GET task-runs", ActivityKind.Client, default(ActivityContext), [
            new("http.request.method", "GET"), new("server.address", options.BaseAddress.Host)]);
        departure.Begin(timeout.Token);
        var error = await forwarder.SendAsync(
            context, options.BaseAddress.AbsoluteUri, _client, RequestConfig, _transformer, timeout.Token);

        span?.SetTag("http.response.status_code", context.Features.Get<HttpResponse>()?.StatusCode);

        // What a refusal means, its head says: a body that is cut or endless must not turn a throttle into something else.
        if (context.Features.Get<HttpResponse>() is { StatusCode: not StatusCodes.Status200OK } refusal)
        {
            var isWhole = error == ForwarderError.None && !body.IsTooLong;
            return Classify(context, refusal, isWhole ? body.Written : default);
        }

        if (body.IsTooLong)
        {
            return FetchResult.Failed(NclueFailureKind.Unreadable, $"NCLUE's answer is longer than {options.MaxResponseBytes} bytes.");
        }

        if (error != ForwarderError.None)
        {
            return timeout.IsCancellationRequested
                ? FetchResult.Failed(NclueFailureKind.TimedOut, $"NCLUE did not answer within {options.Timeout.TotalSeconds:0.###} s.")
                : FetchResult.Failed(NclueFailureKind.Unreachable, Describe(context.Features.Get<IForwarderErrorFeature>()));
        }

        return Classify(context, context.Features.GetRequiredFeature<HttpResponse>(), body.Written);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Keeps status and headers as they came: YARP clears them when the body fails, and drops transfer codings.</summary>
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
        if (context.Features.Get<SignedRequest>() is { } signed && HeaderUtilities.TryParseDate(context.Response.Headers.Date.ToString(), out var date))
        {
            clock.Learn(date, signed.At);
        }
    }

    /// <summary>
    /// Tells what an answer means, and what it says of the key: a wrong clock or path would have been refused with any. What counts is the time that
    /// this request was signed with, whatever has been learned of NCP's clock since.
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

    private static string Describe(IForwarderErrorFeature? error) => error switch
    {
        { Error: ForwarderError.ResponseBodyDestination } => "NCLUE's answer broke off.",
        { Exception: HttpRequestException { HttpRequestError: var kind and not HttpRequestError.Unknown } } => $"NCLUE cannot be reached ({kind}).",
        _ => "NCLUE cannot be reached.",
    };
}
