using System.Net;
using Microsoft.Extensions.Logging;
using NclueGateway.Access.Bearer;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>Tokens while the identity provider is down, hangs, or loses its keys.</summary>
public sealed class ProviderOutageTests : OidcMetadataHost
{
    [Theory]
    [InlineData(nameof(IssuerMood.CutsConnections))]
    [InlineData(nameof(IssuerMood.Fails))]
    [InlineData(nameof(IssuerMood.SpeaksNonsense))]
    public async Task A_provider_that_is_down_at_startup_causes_a_401_with_the_reason_for_ten_seconds(string mood)
    {
        Issuer.Mood = Enum.Parse<IssuerMood>(mood);

        await ShouldBeUncheckedAsync(Issuer.Issue());
        var asked = Issuer.MetadataFetches;
        asked.ShouldBe(1, "a failure is not repeated at once");

        Issuer.Mood = IssuerMood.Responds;
        Host.Time.Advance(OidcMetadataCache.LeastInterval - TimeSpan.FromMilliseconds(1));
        await ShouldBeUncheckedAsync(Issuer.Issue());
        Issuer.MetadataFetches.ShouldBe(asked);

        Host.Time.Advance(TimeSpan.FromMilliseconds(1));
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_fetch_from_a_provider_that_hangs_times_out_after_five_seconds()
    {
        Issuer.Mood = IssuerMood.Hangs;

        var response = ShouldBeUncheckedAsync(Issuer.Issue());
        await EventuallyAsync(() => Task.FromResult(Issuer.MetadataFetches == 1));
        response.IsCompleted.ShouldBeFalse();

        Host.Time.Advance(ProviderHttp.Timeout);
        await response;
    }

    [Fact]
    public async Task Known_keys_serve_on_while_the_provider_is_down()
    {
        await WarmUpAsync();
        Issuer.Mood = IssuerMood.CutsConnections;

        Host.Time.Advance(TimeSpan.FromDays(1));

        for (var i = 0; i < 3; i++)
        {
            (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
            Host.Time.Advance(OidcMetadataCache.LeastInterval);
        }
    }

    [Fact]
    public async Task A_token_with_a_known_key_does_not_wait_for_one_with_an_unknown_key()
    {
        await WarmUpAsync();
        Issuer.Mood = IssuerMood.Hangs;

        var unknown = StatusAsync(IssueByStranger("unknown"));
        await EventuallyAsync(() => Task.FromResult(Issuer.MetadataFetches == 2));

        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
        unknown.IsCompleted.ShouldBeFalse();

        Host.Time.Advance(ProviderHttp.Timeout);
        (await unknown).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_new_key_that_the_provider_cannot_confirm_is_unchecked_rather_than_bad()
    {
        await WarmUpAsync();
        Issuer.RollOver(TestKey.Ecdsa("second"));
        Issuer.Mood = IssuerMood.CutsConnections;

        await ShouldBeUncheckedAsync(Issuer.Issue());

        Issuer.Mood = IssuerMood.Responds;
        Host.Time.Advance(OidcMetadataCache.LeastInterval);
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Metadata_without_keys_do_not_replace_the_cached_keys()
    {
        await WarmUpAsync();
        Issuer.Withdraw(Issuer.Key);

        await ShouldBeUncheckedAsync(IssueByStranger("unknown"));

        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_failed_fetch_is_one_warning()
    {
        Issuer.Mood = IssuerMood.CutsConnections;

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ShouldBeUncheckedAsync(Issuer.Issue())));

        var warnings = Host.Logs.GetSnapshot().Where(entry => entry.Level >= LogLevel.Warning);
        warnings.ShouldHaveSingleItem().Message.ShouldContain(Issuer.Address);
    }
}
