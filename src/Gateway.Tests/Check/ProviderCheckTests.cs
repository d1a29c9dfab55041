using System.Text.Json.Nodes;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Check;

/// <summary>Findings of <c>check</c> about metadata that differ from the settings or the standards.</summary>
public sealed class ProviderCheckTests
{
    [Fact]
    public async Task Metadata_of_another_issuer_fail_unless_the_setting_names_it()
    {
        await using var installation = await CheckedInstallation.StartAsync();

        var address = installation.Issuer.Address.Replace("127.0.0.1", "localhost");
        var other = await installation.CheckAsync("Auth:Authority", address, callsUpstream: false);
        var named = await installation.CheckAsync("Auth:Issuer", installation.Issuer.Address, callsUpstream: false);

        other.Failed.ShouldBe(["identity-provider"]);
        other["identity-provider"].Seen.ShouldContain($"another issuer, {installation.Issuer.Address}");
        other["identity-provider"].Advice!.ShouldContain("Auth:Issuer");
        (named.ExitCode, named["identity-provider"].State).ShouldBe((0, "fine"));
    }

    [Fact]
    public async Task The_issuer_that_AD_FS_gives_access_tokens_is_named()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Issuer.SignIn.Metadata["access_token_issuer"] = "http://adfs.example.com/adfs/services/trust";

        var seen = await installation.CheckAsync(callsUpstream: false);

        seen["identity-provider"].State.ShouldBe("fine");
        seen["identity-provider"].Seen.ShouldContain("access tokens may also come from http://adfs.example.com/adfs/services/trust");
    }

    [Fact]
    public async Task Keys_that_are_too_short_are_warned_of()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Issuer.Publish(TestKey.Rsa("short", 1024));
        installation.Issuer.Publish(TestKey.Rsa("long"));

        var seen = await installation.CheckAsync(callsUpstream: false);

        seen["identity-provider"].State.ShouldBe("warning");
        seen["identity-provider"].Seen.ShouldContain("has 3 signing keys. RSA keys of less than 2048 bits among them: 1.");
    }

    [Theory]
    [InlineData(true, null, "scope", "warning")]
    [InlineData(true, "[]", "scope", "warning")]
    [InlineData(true, """["openid"]""", "scope", "fine")]
    [InlineData(true, null, "groups", "fine")]
    [InlineData(false, null, "scope", "fine")]
    public async Task A_provider_that_lists_no_scopes_may_let_everyone_read_who_can_sign_in(
        bool hasSignIn, string? scopes, string claim, string state)
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Settings["Auth:Session:ClientId"] = hasSignIn ? "gateway" : "";
        installation.Settings["Http:PublicOrigin"] = "https://gateway.example.com";
        installation.Issuer.SignIn.Metadata["scopes_supported"] = scopes is null ? null : JsonNode.Parse(scopes);

        var seen = await installation.CheckAsync("Auth:PermissionClaims:0", claim, callsUpstream: false);

        (seen.ExitCode, seen["identity-provider"].State).ShouldBe((0, state));
        if (state == "warning")
        {
            seen["identity-provider"].Seen.ShouldContain("counts as granted task-runs:read");
        }
    }

    [Fact]
    public async Task A_connection_to_another_machine_without_TLS_is_a_warning_about_the_settings()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        installation.Settings["Nclue:RequireHttps"] = "false";

        var seen = await installation.CheckAsync("Nclue:BaseAddress", "http://nclue.example.com/api/v1/", callsUpstream: false);

        (seen.ExitCode, seen.Outcome, seen["settings"].State).ShouldBe((0, "warning", "warning"));
        seen["settings"].Details!.Single().ShouldStartWith("Nclue:RequireHttps is false");
    }
}
