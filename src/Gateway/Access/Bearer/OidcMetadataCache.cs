using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using NclueGateway.Access.Callers;
using NclueGateway.Hosting;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// The identity provider's issuer and signing keys, fetched when first needed and cached. The gateway requests them at
/// most once per <see cref="LeastInterval"/>, regardless of the number of requests and of failures. All callers that
/// need the result wait for the same fetch. A caller whose token can be checked with the cached keys does not wait.
/// </summary>
/// <remarks>
/// Replaces the library's <see cref="ConfigurationManager{T}"/> (8.19), which refreshes only after the request that
/// needs the new keys, and while the provider is down sends it a request for each caller's request. It also accepts
/// withdrawn keys for an hour, and reads the machine's clock.
/// </remarks>
[LogCategory("NclueGateway.Access.IssuerKeys")]
internal sealed partial class OidcMetadataCache : IDocumentRetriever, IDisposable
{
    /// <summary>Minimum time between two fetches.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Age at which keys are fetched again in the background, so that keys that the provider has withdrawn are removed.
    /// </summary>
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromHours(1);

    private readonly AuthOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private readonly Lock _gate = new();

    private volatile Fetched? _current;
    private long? _askedAt;
    private bool _lastFailed;
    private volatile Exception? _failure;
    private Task _fetch = Task.CompletedTask;
    private string _received = ""; // by the fetch under way

    public OidcMetadataCache(AuthOptions options, TimeProvider time, ILogger<OidcMetadataCache> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _http = ProviderHttp.CreateClient(followsRedirects: true, options.Egress);
    }

    /// <summary>True if the provider's keys have been fetched at least once.</summary>
    /// <remarks>
    /// If not, reading this property starts a fetch in the background, at most once per <see cref="LeastInterval"/>.
    /// </remarks>
    public bool AreKnown
    {
        get
        {
            if (_current is null)
            {
                _ = FetchUnlessJustAsked();
            }

            return _current is not null;
        }
    }

    /// <summary>Exception of the last failed fetch; null if no fetch has failed.</summary>
    public Exception? Failure => _failure;

    /// <summary>
    /// Returns the issuer that AD FS writes into access tokens, which differs from that of its metadata and id tokens
    /// ([MS-OIDCE]); null without one.
    /// </summary>
    public static string? AccessTokenIssuerOf(OpenIdConnectConfiguration provider) =>
        provider.AdditionalData.TryGetValue("access_token_issuer", out var value) && value is string { Length: > 0 } issuer ? issuer : null;

    /// <summary>Returns the cached metadata; the first time, fetches them. Null while they could not be fetched.</summary>
    public ValueTask<OpenIdConnectConfiguration?> GetAsync()
    {
        if (_current is not { } current)
        {
            return new(WaitAsync());
        }

        if (_time.GetElapsedTime(current.At) >= RefreshAfter)
        {
            _ = FetchUnlessJustAsked();
        }

        return new(current.Issuer);

        async Task<OpenIdConnectConfiguration?> WaitAsync()
        {
            await FetchUnlessJustAsked();
            return _current?.Issuer;
        }
    }

    /// <summary>
    /// Returns the provider's current metadata, for a token whose key is not in <paramref name="known"/>. Returns the
    /// same instance if it is the latest (at most ten seconds old). Null if the last fetch failed: then the token
    /// cannot be validated.
    /// </summary>
    public async ValueTask<OpenIdConnectConfiguration?> RefreshAsync(OpenIdConnectConfiguration known)
    {
        Task fetch;
        lock (_gate)
        {
            if (_current?.Issuer != known)
            {
                return _current?.Issuer;
            }

            fetch = FetchUnlessJustAsked();
        }

        await fetch;
        lock (_gate)
        {
            return _lastFailed ? null : _current?.Issuer;
        }
    }

    /// <summary>Returns the fetch under way, a new one, or, within <see cref="LeastInterval"/>, the last one.</summary>
    private Task FetchUnlessJustAsked()
    {
        lock (_gate)
        {
            if (_fetch.IsCompleted && (_askedAt is not { } asked || _time.GetElapsedTime(asked) >= LeastInterval))
            {
                _askedAt = _time.GetTimestamp();
                _fetch = Task.Run(FetchAsync);
            }

            return _fetch;
        }
    }

    private async Task FetchAsync()
    {
        try
        {
            _received = "";
            using var timeout = new CancellationTokenSource(ProviderHttp.Timeout, _time);
            var address = _options.Authority.TrimEnd('/') + "/.well-known/openid-configuration";
            var fetched = await OpenIdConnectConfigurationRetriever.GetAsync(address, this, timeout.Token);
            if (string.IsNullOrEmpty(fetched.Issuer) || fetched.SigningKeys.Count == 0)
            {
                throw new InvalidDataException("The provider's metadata names no issuer or holds no signing key.");
            }

            if (!_options.IsIssuer(fetched.Issuer))
            {
                throw new OtherIssuerException(fetched.Issuer);
            }

            lock (_gate)
            {
                // Cached tokens refer to their key by instance, so a fetch of the same documents keeps the instances.
                var issuer = _current is { } known && known.Documents == _received ? known.Issuer : fetched;
                _current = new(issuer, _received, _time.GetTimestamp());
                _lastFailed = false;
            }
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                _lastFailed = true;
                _failure = exception;
            }

            Log.Unreachable(_logger, exception, _options.Authority);
        }
    }

    /// <summary>
    /// Fetches a document. The library's own retriever ignores the cancellation token, repeats failed requests and adds
    /// headers about this machine.
    /// </summary>
    async Task<string> IDocumentRetriever.GetDocumentAsync(string address, CancellationToken cancel)
    {
        var uri = new Uri(address);
        if (!ProviderHttp.IsAllowed(uri, _options))
        {
            throw new InvalidDataException("The provider's keys must come over https.");
        }

        var document = await _http.GetStringAsync(uri, cancel);
        _received += document;
        return document;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The fetched metadata, the text that they were read from, and the timestamp of the fetch. Read without the lock.</summary>
    private sealed record Fetched(OpenIdConnectConfiguration Issuer, string Documents, long At);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The keys of {Authority} cannot be fetched; tokens that need them are refused until they can")]
        public static partial void Unreachable(ILogger logger, Exception exception, string authority);
    }
}

/// <summary>
/// The exception that is thrown for metadata of another issuer, which must not be used (OpenID Connect Discovery 1.0
/// §4.3).
/// </summary>
/// <param name="issuer">The issuer that they name.</param>
internal sealed class OtherIssuerException(string issuer)
    : Exception($"The provider's metadata name the issuer '{issuer}', not Auth:Issuer or Auth:Authority.")
{
    public string Issuer => issuer;
}
