using System.Net;
using NclueGateway.Access.Bearer;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>Host for the fetches of the identity provider's metadata, over HTTP, with a clock that the tests advance.</summary>
public abstract class OidcMetadataHost : IAsyncLifetime
{
    private protected TestKey Stranger { get; } = TestKey.Ecdsa("stranger");

    private protected AccessHost Host { get; private set; } = null!;

    private protected TestIssuer Issuer => Host.Issuer;

    public async ValueTask InitializeAsync() => Host = await AccessHost.StartAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private protected async Task WarmUpAsync()
    {
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
        Host.Time.Advance(OidcMetadataCache.LeastInterval);
    }

    private protected async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var response = await Host.GetWithAsync(token);
        return response.StatusCode;
    }

    private protected async Task ShouldBeUncheckedAsync(string token)
    {
        using var response = await Host.GetWithAsync(token);
        response.Challenge().ShouldBe("Bearer");
        var body = await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        body["detail"]!.GetValue<string>().ShouldStartWith("The gateway cannot check tokens now");
    }

    /// <summary>Issues a valid token with a key that the provider does not publish.</summary>
    private protected string IssueByStranger(string keyId, Action<TokenDraft>? change = null) => Issuer.Issue(token =>
    {
        token.Key = Stranger;
        token.Header["kid"] = keyId;
        change?.Invoke(token);
    });

    /// <summary>Waits for background work that uses a real socket.</summary>
    private protected static async Task EventuallyAsync(Func<Task<bool>> happened)
    {
        for (var attempt = 0; !await happened(); attempt++)
        {
            attempt.ShouldBeLessThan(1_000);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
