using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>Host for requests with access tokens, and the checks of a refusal.</summary>
/// <param name="isWarm">True if the gateway has just accepted and cached a valid token of the same caller.</param>
public abstract class AccessTokenHost(bool isWarm) : IAsyncLifetime
{
    private protected bool IsWarm => isWarm;

    private protected AccessHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Host = await AccessHost.StartAsync();
        await WarmUpAsync();
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private protected Task WarmUpAsync() => isWarm ? Host.WarmUpAsync() : Task.CompletedTask;

    private protected async Task ShouldRefuseAsync(string description, Action<TokenDraft> change)
    {
        await WarmUpAsync(); // with the key of this test
        using var response = await Host.GetWithAsync(change);
        await ShouldBeInvalidAsync(response, description);
    }

    private protected static async Task ShouldBeInvalidAsync(HttpResponseMessage response, string description)
    {
        response.Challenge().ShouldBe($"Bearer error=\"invalid_token\", error_description=\"{description}\"");
        var body = await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        body["detail"]!.GetValue<string>().ShouldBe(description + ".");
    }
}
