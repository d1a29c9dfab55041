using BenchmarkDotNet.Attributes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;
using NclueGateway.Sandbox.Identity;

namespace NclueGateway.Micro;

/// <summary>The lookup of a token that was validated before.</summary>
[MemoryDiagnoser]
public class TokenBenchmarks
{
    private readonly TokenCache _validated = new(TimeProvider.System);

    private OpenIdConnectConfiguration _issuer = null!;
    private string _token = "";

    /// <summary>Gets a token from a provider and validates it once.</summary>
    [GlobalSetup]
    public async Task CheckAsync()
    {
        await using var provider = await LocalIdentityProvider.StartAsync(new(), CancellationToken.None);
        _issuer = await OpenIdConnectConfigurationRetriever.GetAsync(
            $"{provider.Authority}.well-known/openid-configuration",
            new HttpDocumentRetriever { RequireHttps = false },
            CancellationToken.None);
        _token = await provider.GetUserTokenAsync("reader", CancellationToken.None);
        var checks = new TokenValidationParameters
        {
            ValidIssuer = _issuer.Issuer,
            ValidAudience = LocalIdentityProvider.Audience,
            IssuerSigningKeys = _issuer.SigningKeys,
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
        };
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(_token, checks);
        if (!result.IsValid)
        {
            throw new InvalidOperationException("The token is not valid.", result.Exception);
        }

        var identity = new CallerKey(LocalIdentityProvider.BrowserClientId, result.ClaimsIdentity.FindFirst("sub")!.Value);
        _validated.Keep((JsonWebToken)result.SecurityToken, new(new(result.ClaimsIdentity), identity, new HashSet<Permission>()));
    }

    /// <summary>Returns the subject of the token.</summary>
    [Benchmark(Description = "cached token: lookup (RS256)")]
    public string? Find() => _validated.Find(_token, _issuer)?.Caller.Caller.Subject;
}
