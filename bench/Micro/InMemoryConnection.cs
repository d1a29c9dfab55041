using System.Collections;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace NclueGateway.Micro;

/// <summary>A <c>GET</c> request.</summary>
/// <param name="Path">The path.</param>
/// <param name="Query">The query with its question mark.</param>
/// <param name="Headers">Header fields; never changed, so that the request can be sent again.</param>
internal sealed record InMemoryRequest(string Path, string Query, IHeaderDictionary Headers);

/// <summary>Sends one request after another, as on a connection that is kept open.</summary>
internal abstract class InMemoryConnection
{
    /// <summary>The response to the last request; overwritten by the next one.</summary>
    public InMemoryResponse Response { get; } = new();

    /// <summary>
    /// Sends a request and waits for its response. It stays on this thread as long as the application completes
    /// synchronously.
    /// </summary>
    /// <exception cref="Exception">Any exception that the application throws.</exception>
    public abstract Task SendAsync(InMemoryRequest request);
}

/// <summary>
/// Reuses per connection what Kestrel reuses: features, headers, buffers and, through
/// <see cref="IHostContextContainer{TContext}"/>, the host's context with its <see cref="HttpContext"/>. It allocates
/// nothing itself: allocations of a request are the application's.
/// </summary>
internal sealed class InMemoryConnection<TContext>(IHttpApplication<TContext> application)
    : InMemoryConnection, IFeatureCollection, IHostContextContainer<TContext>
    where TContext : notnull
{
    private readonly Dictionary<Type, object> _features = [];
    private readonly RequestFeatures _request = new();

    public TContext? HostContext { get; set; }

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => _features.GetValueOrDefault(key);
        set
        {
            Revision++;
            if (value is null)
            {
                _features.Remove(key);
            }
            else
            {
                _features[key] = value;
            }
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _features.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override async Task SendAsync(InMemoryRequest request)
    {
        Reset(request);
        var context = application.CreateContext(this);
        Exception? failure = null;
        try
        {
            await application.ProcessRequestAsync(context);
            await Response.EndAsync();
        }
        catch (Exception exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            application.DisposeContext(context, failure);
        }
    }

    private void Reset(InMemoryRequest request)
    {
        _request.Reset(request);
        Response.Reset();
        _features.Clear(); // keeps its capacity
        _features[typeof(IHttpRequestFeature)] = _request;
        _features[typeof(IHttpRequestIdentifierFeature)] = _request;
        _features[typeof(IHttpRequestLifetimeFeature)] = _request;
        _features[typeof(IHttpRequestBodyDetectionFeature)] = _request;
        _features[typeof(IHttpConnectionFeature)] = _request;
        _features[typeof(IEndpointFeature)] = _request; // Kestrel implements this and the next one itself as well
        _features[typeof(IRouteValuesFeature)] = _request;
        _features[typeof(IHttpResponseFeature)] = Response;
        _features[typeof(IHttpResponseBodyFeature)] = Response;
        Revision++;
    }

    /// <summary>The request as the application sees it. Middleware may change it.</summary>
    private sealed class RequestFeatures
        : IHttpRequestFeature,
            IHttpRequestIdentifierFeature,
            IHttpRequestLifetimeFeature,
            IHttpRequestBodyDetectionFeature,
            IHttpConnectionFeature,
            IEndpointFeature,
            IRouteValuesFeature
    {
        private readonly RouteValueDictionary _noValues = [];

        public string Protocol { get; set; } = "";

        public string Scheme { get; set; } = "";

        public string Method { get; set; } = "";

        public string PathBase { get; set; } = "";

        public string Path { get; set; } = "";

        public string QueryString { get; set; } = "";

        public string RawTarget { get; set; } = "";

        public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

        public Stream Body { get; set; } = Stream.Null;

        public string TraceIdentifier { get; set; } = "in-memory";

        public CancellationToken RequestAborted { get; set; }

        public bool CanHaveBody => false;

        public string ConnectionId { get; set; } = "in-memory";

        public IPAddress? RemoteIpAddress { get; set; }

        public IPAddress? LocalIpAddress { get; set; }

        public int RemotePort { get; set; }

        public int LocalPort { get; set; }

        public Endpoint? Endpoint { get; set; }

        public RouteValueDictionary RouteValues { get; set; } = [];

        public void Abort() => throw new InvalidOperationException("The application aborted the request.");

        public void Reset(InMemoryRequest request)
        {
            Protocol = HttpProtocol.Http11;
            Scheme = "http";
            Method = HttpMethods.Get;
            PathBase = "";
            Path = request.Path;
            QueryString = request.Query;
            RawTarget = request.Path; // the gateway does not read the query from here
            Headers = request.Headers;
            Body = Stream.Null;
            RemoteIpAddress = LocalIpAddress = IPAddress.Loopback;
            (RemotePort, LocalPort) = (50_000, 8080);
            Endpoint = null;
            _noValues.Clear();
            RouteValues = _noValues;
        }
    }
}
