using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// An OpenID provider under a test's control: real HTTP on loopback, keys that can be added and withdrawn, outages on demand, and tokens
/// that no real provider would issue. Tokens are written without a library, because a library might correct or refuse a token that is
/// meant to be invalid.
/// </summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, TestKey> _published = new();
    private readonly TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _metadataFetches;
    private int _keyFetches;

    private TestIssuer(WebApplication app, TimeProvider time)
    {
        _app = app;
        _time = time;
        SignIn = new(this);
        Key = TestKey.Ecdsa("first");
        Publish(Key);
    }

    /// <summary>Address of the provider, and the issuer in its tokens.</summary>
    public string Address => _app.Urls.Single();

    /// <summary>Key that signs tokens by default.</summary>
    public TestKey Key { get; set; }

    /// <summary>
    /// Adds claims that make a token that of a permitted reader, if the settings require more claims than
    /// <see cref="Issue"/> writes.
    /// </summary>
    public Action<TokenDraft>? Reader { get; set; }

    /// <summary>Handling of requests for metadata or keys.</summary>
    public IssuerMood Mood { get; set; }

    /// <summary>Sign-in endpoints of the provider.</summary>
    public TestSignIn SignIn { get; }

    /// <summary>Number of requests for the metadata, failed ones included.</summary>
    public int MetadataFetches => Volatile.Read(ref _metadataFetches);

    /// <summary>Metadata and keys are sent when this has completed.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>Number of requests for the keys, failed ones included.</summary>
    public int KeyFetches => Volatile.Read(ref _keyFetches);

    /// <param name="time">The clock that tokens are dated by.</param>
    public static async Task<TestIssuer> StartAsync(TimeProvider time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var issuer = new TestIssuer(app, time);
        app.MapGet("/.well-known/openid-configuration", (RequestDelegate)issuer.MetadataAsync);
        app.MapGet("/keys", (RequestDelegate)issuer.KeysAsync);
        issuer.SignIn.Map(app);
        await app.StartAsync();
        return issuer;
    }

    public void Publish(TestKey key) => _published[key.Id] = key;

    public void Withdraw(TestKey key) => _published.TryRemove(key.Id, out _);

    /// <summary>Publishes a new key, withdraws the old one and signs with the new one from now on.</summary>
    public void RollOver(TestKey next)
    {
        Publish(next);
        Withdraw(Key);
        Key = next;
    }

    /// <summary>
    /// Returns a valid token: right issuer, audience and times, and the scope to read. Then <paramref name="change"/> modifies it.
    /// </summary>
    public string Issue(Action<TokenDraft>? change = null)
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var draft = new TokenDraft
        {
            Key = Key,
            Header = new() { ["alg"] = Key.Algorithm, ["typ"] = "at+jwt", ["kid"] = Key.Id },
            Claims = new()
            {
                ["iss"] = Address,
                ["aud"] = "gateway",
                ["sub"] = "alice",
                ["client_id"] = "dashboard",
                ["scope"] = "openid task-runs:read",
                ["iat"] = now,
                ["nbf"] = now,
                ["exp"] = now + 300,
            },
        };
        change?.Invoke(draft);
        return draft.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        _closing.TrySetResult();
        await _app.DisposeAsync();
    }

    private Task MetadataAsync(HttpContext context)
    {
        Interlocked.Increment(ref _metadataFetches);
        return RespondAsync(context, () =>
        {
            var metadata = new JsonObject
            {
                ["issuer"] = Address,
                ["jwks_uri"] = Address + "/keys",
                ["authorization_endpoint"] = Address + "/authorize",
                ["token_endpoint"] = Address + "/token",
                ["userinfo_endpoint"] = Address + "/userinfo",
                ["end_session_endpoint"] = Address + "/logout",
            };
            foreach (var (name, value) in SignIn.Metadata)
            {
                metadata[name] = value?.DeepClone();
            }

            return metadata;
        });
    }

    private Task KeysAsync(HttpContext context)
    {
        Interlocked.Increment(ref _keyFetches);
        return RespondAsync(context, () => new JsonObject
        {
            ["keys"] = new JsonArray([.. _published.Values.Select(key => key.ToPublicJwk())]),
        });
    }

    private async Task RespondAsync(HttpContext context, Func<JsonObject> document)
    {
        await Task.WhenAny(Hold, _closing.Task);
        switch (Mood)
        {
            case IssuerMood.CutsConnections:
                context.Abort();
                break;
            case IssuerMood.Hangs:
                await Task.WhenAny(_closing.Task, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
                break;
            case IssuerMood.Fails:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                break;
            case IssuerMood.SpeaksNonsense:
                await context.Response.WriteAsync("<html>");
                break;
            default:
                await context.Response.WriteAsJsonAsync(document(), context.RequestAborted);
                break;
        }
    }
}

internal enum IssuerMood
{
    Responds,
    CutsConnections,
    Hangs,
    Fails,
    SpeaksNonsense,
}

/// <summary>A token before it is written: its header, its claims, and its signing key.</summary>
internal sealed class TokenDraft
{
    public required JsonObject Header { get; set; }

    public required JsonObject Claims { get; set; }

    /// <summary>Signs by the header's <c>alg</c>, unless <see cref="Sign"/> is set.</summary>
    public required TestKey Key { get; set; }

    /// <summary>Computes the signature of the bytes, in place of <see cref="Key"/>.</summary>
    public Func<byte[], byte[]>? Sign { get; set; }

    /// <summary>Changes the text of the header before it is signed.</summary>
    public Func<string, string> RewriteHeader { get; set; } = text => text;

    /// <summary>Changes the text of the claims before it is signed.</summary>
    public Func<string, string> RewriteClaims { get; set; } = text => text;

    /// <summary>The compact form (RFC 7515 §3.1).</summary>
    public override string ToString()
    {
        var signed = Encode(RewriteHeader(Header.ToJsonString())) + "." + Encode(RewriteClaims(Claims.ToJsonString()));
        var bytes = Encoding.ASCII.GetBytes(signed);
        var signature = Sign is null ? Key.Sign(bytes, (string)Header["alg"]!) : Sign(bytes);
        return signed + "." + Base64Url.EncodeToString(signature);
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}

/// <summary>A signing key with its id.</summary>
internal sealed class TestKey
{
    private readonly RSA? _rsa;
    private readonly ECDsa? _ecdsa;

    private TestKey(string id, RSA? rsa, ECDsa? ecdsa) => (Id, _rsa, _ecdsa) = (id, rsa, ecdsa);

    public string Id { get; }

    /// <summary>Default signature algorithm of the key.</summary>
    public string Algorithm => _ecdsa?.KeySize switch { null => "RS256", 256 => "ES256", 384 => "ES384", _ => "ES512" };

    public static TestKey Rsa(string id, int bits = 2048) => new(id, RSA.Create(bits), null);

    public static TestKey Ecdsa(string id, string curve = "P-256") =>
        new(id, null, ECDsa.Create(ECCurve.CreateFromFriendlyName("nist" + curve.Replace("-", ""))));

    /// <summary>Returns the public key as PEM, which an attacker may use as an HMAC secret.</summary>
    public byte[] PublicPem() => Encoding.ASCII.GetBytes(_rsa?.ExportSubjectPublicKeyInfoPem() ?? _ecdsa!.ExportSubjectPublicKeyInfoPem());

    public byte[] Sign(byte[] bytes, string algorithm)
    {
        var hash = algorithm[^3..] switch
        {
            "256" => HashAlgorithmName.SHA256,
            "384" => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        return _rsa is null
            ? _ecdsa!.SignData(bytes, hash)
            : _rsa.SignData(bytes, hash, algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }

    public JsonObject ToPublicJwk()
    {
        if (_rsa is not null)
        {
            var rsa = _rsa.ExportParameters(false);
            return new()
            {
                ["kty"] = "RSA",
                ["use"] = "sig",
                ["kid"] = Id,
                ["n"] = Base64Url.EncodeToString(rsa.Modulus),
                ["e"] = Base64Url.EncodeToString(rsa.Exponent),
            };
        }

        var point = _ecdsa!.ExportParameters(false).Q;
        return new()
        {
            ["kty"] = "EC",
            ["use"] = "sig",
            ["kid"] = Id,
            ["crv"] = $"P-{_ecdsa.KeySize}",
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }
}
