using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Access.Callers;
using NclueGateway.Hosting;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// The identity provider's name and signing keys, fetched when first needed and kept. The provider is asked at most once per
/// <see cref="LeastInterval"/>, whatever callers send and however often it fails; everybody who needs the answer waits for the same fetch,
/// and nobody whose token can be checked with the keys at hand waits at all.
/// </summary>
/// <remarks>
/// Instead of the library's <see cref="ConfigurationManager{T}"/> (8.19), which refreshes behind the request that needs the new keys, asks
/// a provider that is down again for every request, goes on accepting withdrawn keys for an hour, and reads the machine's clock.
/// </remarks>
[LogCategory("NclueGateway.Access.IssuerKeys")]
internal sealed partial class OidcMetadataCache : IDocumentRetriever, IDisposable
{
    /// <summary>The least time between two fetches.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The age at which keys are fetched again in the background, so that a key the provider has withdrawn does not live on here.
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
    private Exception? _failure;
    private Task _fetch = Task.CompletedTask;

    public OidcMetadataCache(AuthOptions options, TimeProvider time, ILogger<OidcMetadataCache> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _http = ProviderHttp.CreateClient(followsRedirects: true);
    }

    /// <summary>Whether the provider has ever given its keys. While it has not, it is asked again unless it just was; nobody waits for that.</summary>
    public bool AreKnown
    {
        get
        {
            lock (_gate)
            {
                if (_current is null)
                {
                    _ = FetchUnlessJustAsked();
                }

                return _current is not null;
            }
        }
    }

    /// <summary>Why the last fetch that failed did; null when none has.</summary>
    public Exception? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>
    /// The issuer that AD FS gives access tokens, which is not that of its metadata and id tokens ([MS-OIDCE]); null where there is none.
    /// </summary>
    public static string? AccessTokenIssuerOf(OpenIdConnectConfiguration provider) =>
        provider.AdditionalData.TryGetValue("access_token_issuer", out var value) && value is string { Length: > 0 } issuer ? issuer : null;

    /// <summary>The keys at hand; the first time, those the provider gives. Null while the provider has not given any.</summary>
    public ValueTask<OpenIdConnectConfiguration?> GetAsync()
    {
        if (_current is not { } current)
        {
            return new(WaitAsync());
        }

        if (_time.GetElapsedTime(current.At) >= RefreshAfter)
        {
            lock (_gate)
            {
                _ = FetchUnlessJustAsked();
            }
        }

        return new(current.Issuer);

        async Task<OpenIdConnectConfiguration?> WaitAsync()
        {
            Task fetch;
            lock (_gate)
            {
                fetch = FetchUnlessJustAsked();
            }

            await fetch;
            return _current?.Issuer;
        }
    }

    /// <summary>
    /// What the provider says now, for a token whose key is not among <paramref name="known"/>: other keys, or the same when they are the
    /// latest (or were ten seconds ago). Null when the provider, asked last, did not answer, so that nothing can be said of the token.
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

    /// <summary>The fetch under way, a new one, or, when the last one is too recent, the last.</summary>
    private Task FetchUnlessJustAsked()
    {
        if (_fetch.IsCompleted && (_askedAt is not { } asked || _time.GetElapsedTime(asked) >= LeastInterval))
        {
            _askedAt = _time.GetTimestamp();
            _fetch = Task.Run(FetchAsync);
        }

        return _fetch;
    }

    private async Task FetchAsync()
    {
        try
        {
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
                if (_current is not null)
                {
                    KeepInstances(fetched.SigningKeys, _current.Issuer.SigningKeys);
                }

                _current = new(fetched, _time.GetTimestamp());
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
    /// Replaces keys that were known before by the instances that were: tokens that one of them has verified stay known, however often strangers
    /// make the provider be asked.
    /// </summary>
    private static void KeepInstances(ICollection<SecurityKey> fetched, ICollection<SecurityKey> known)
    {
        SecurityKey[] keys = [.. fetched.Select(key => known.FirstOrDefault(other => AreSame(key, other)) ?? key)];
        fetched.Clear();
        foreach (var key in keys)
        {
            fetched.Add(key);
        }
    }

    private static bool AreSame(SecurityKey key, SecurityKey other) =>
        key.GetType() == other.GetType()
        && key.KeyId == other.KeyId
        && (key.Equals(other) // certificates compare by their thumbprint
            || (key is not X509SecurityKey && key.CanComputeJwkThumbprint() && key.ComputeJwkThumbprint().AsSpan().SequenceEqual(other.ComputeJwkThumbprint())));

    /// <summary>The library's own retriever ignores the token, repeats failed requests and adds headers about this machine.</summary>
    async Task<string> IDocumentRetriever.GetDocumentAsync(string address, CancellationToken cancel)
    {
        var uri = new Uri(address);
        if (!ProviderHttp.IsAllowed(uri, _options))
        {
            throw new InvalidDataException("The provider's keys must come over https.");
        }

        return await _http.GetStringAsync(uri, cancel);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>What the provider said, and when. Read without the lock.</summary>
    private sealed record Fetched(OpenIdConnectConfiguration Issuer, long At);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The keys of {Authority} cannot be fetched; tokens that need them are refused until they can")]
        public static partial void Unreachable(ILogger logger, Exception exception, string authority);
    }
}

/// <summary>The metadata are those of another issuer, and must not be used (OpenID Connect Discovery 1.0 §4.3).</summary>
/// <param name="issuer">Whom they name.</param>
internal sealed class OtherIssuerException(string issuer) : Exception($"The provider's metadata name the issuer '{issuer}', not Auth:Issuer or Auth:Authority.")
{
    public string Issuer => issuer;
}
