using System.Net;
using System.Net.Sockets;
using NclueGateway.Budget;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Check;

/// <summary>Findings of <c>check</c> about identity providers that fail, with real servers, by the real clock.</summary>
public sealed class CheckOfProviderTests
{
    [Fact]
    public async Task A_wrong_authority_is_named_and_does_not_stop_the_other_checks()
    {
        await using var installation = await CheckedInstallation.StartAsync(new() { Strict = false });
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        var missing = await installation.CheckAsync("Auth:Authority", $"{installation.Issuer.Address}/tenant");
        var gone = await installation.CheckAsync("Auth:Authority", $"http://127.0.0.1:{RedisServer.FreePort()}/");
        var hanging = await installation.CheckAsync("Auth:Authority", $"http://{silent.LocalEndpoint}/");

        missing["identity-provider"].Seen.ShouldBe($"{installation.Issuer.Address}/tenant responded HTTP 404.");
        gone["identity-provider"].Seen.ShouldContain("cannot be reached (ConnectionError)");
        hanging["identity-provider"].Seen.ShouldContain("did not respond within 5 s");
        foreach (var seen in new[] { missing, gone, hanging })
        {
            seen.ExitCode.ShouldBe(1);
            seen.Failed.ShouldBe(["identity-provider"]);
            seen["nclue"].State.ShouldBe("fine");
        }
    }

    [Theory]
    [InlineData(IssuerMood.SpeaksNonsense, "sent something other than a provider")]
    [InlineData(IssuerMood.Fails, "responded HTTP 503")]
    [InlineData(IssuerMood.CutsConnections, "cannot be reached")]
    internal async Task A_provider_that_fails_is_reported_with_the_reason(IssuerMood mood, string words)
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Issuer.Mood = mood;

        var seen = await installation.CheckAsync(callsUpstream: false);

        seen.Failed.ShouldBe(["identity-provider"]);
        seen["identity-provider"].Seen.ShouldContain(words);
    }

    [Fact]
    public async Task The_sandboxs_provider_is_fine_and_one_without_a_sign_in_page_is_not()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        await using var provider = await LocalIdentityProvider.StartAsync(new(), TestContext.Current.CancellationToken);
        installation.Settings["Auth:Session:ClientId"] = LocalIdentityProvider.BrowserClientId;
        installation.Settings["Auth:Session:ClientSecret"] = provider.BrowserClientSecret;
        installation.Settings["Http:PublicOrigin"] = "https://gateway.example.com";
        installation.Issuer.SignIn.Metadata["authorization_endpoint"] = null;

        var good = await installation.CheckAsync("Auth:Authority", provider.Authority.AbsoluteUri, callsUpstream: false);
        var bad = await installation.CheckAsync("Auth:Authority", installation.Issuer.Address, callsUpstream: false);

        (good.ExitCode, good["identity-provider"].State).ShouldBe((0, "fine"));
        bad.Failed.ShouldBe(["identity-provider"]);
        bad["identity-provider"].Seen.ShouldContain("authorization");
    }
}
