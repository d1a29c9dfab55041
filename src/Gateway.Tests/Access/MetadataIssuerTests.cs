using System.Net;
using Microsoft.Extensions.Logging;
using NclueGateway.Access.Bearer;
using NclueGateway.Tests.Http;

namespace NclueGateway.Tests.Access;

/// <summary>Issuers that the provider's metadata may name, and the scheme of their address.</summary>
public sealed class MetadataIssuerTests : OidcMetadataHost
{
    [Theory]
    [InlineData("https://id.example.com", false)]
    [InlineData("{0}/tenant", false)]
    [InlineData("{0}/", true)]
    public async Task Metadata_of_another_issuer_are_not_used(string issuer, bool isUsed)
    {
        issuer = issuer.Replace("{0}", Issuer.Address);
        Issuer.SignIn.Metadata["issuer"] = issuer;

        (await StatusAsync(Issuer.Issue(token => token.Claims["iss"] = issuer)))
            .ShouldBe(isUsed ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);

        if (!isUsed)
        {
            await ShouldBeUncheckedAsync(Issuer.Issue());
            var warning = Host.Logs.GetSnapshot().Single(entry => entry.Level >= LogLevel.Warning);
            warning.Exception.ShouldBeOfType<OtherIssuerException>().Message.ShouldContain(issuer);
        }
    }

    [Fact]
    public async Task An_issuer_whose_metadata_are_at_another_address_is_named_by_a_setting()
    {
        await using var host = await AccessHost.StartAsync(options => options.Issuer = "https://id.example.com");
        host.Issuer.SignIn.Metadata["issuer"] = "https://id.example.com";

        using var theirs = await host.GetWithAsync(token => token.Claims["iss"] = "https://id.example.com");
        using var others = await host.GetWithAsync();

        theirs.StatusCode.ShouldBe(HttpStatusCode.OK);
        others.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Keys_are_kept_when_the_metadata_become_those_of_another_issuer()
    {
        await WarmUpAsync();
        Issuer.SignIn.Metadata["issuer"] = "https://id.example.com";

        await ShouldBeUncheckedAsync(IssueByStranger("unknown"));

        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task AD_FS_has_another_issuer_for_access_tokens()
    {
        const string own = "http://adfs.example.com/adfs/services/trust";
        Issuer.SignIn.Metadata["access_token_issuer"] = own;

        (await StatusAsync(Issuer.Issue(token => token.Claims["iss"] = own))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(Issuer.Issue(token => token.Claims["iss"] = own + "/"))).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Keys_over_plain_http_are_not_taken_where_https_is_required()
    {
        await using var host = await AccessHost.StartAsync(options => options.RequireHttpsMetadata = true);

        using var response = await host.GetWithAsync();

        response.Challenge().ShouldBe("Bearer");
        host.Issuer.MetadataFetches.ShouldBe(0);
    }
}
