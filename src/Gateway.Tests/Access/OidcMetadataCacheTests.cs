using System.Net;
using NclueGateway.Access.Bearer;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>Fetches of the identity provider's keys, and tokens during a key rollover.</summary>
public sealed class OidcMetadataCacheTests : OidcMetadataHost
{
    [Fact]
    public async Task The_provider_gets_no_request_before_a_token_comes()
    {
        using var response = await Host.GetAsync();

        Issuer.MetadataFetches.ShouldBe(0);
    }

    [Fact]
    public async Task Many_first_requests_fetch_the_keys_once()
    {
        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => StatusAsync(Issuer.Issue())));

        responses.ShouldAllBe(status => status == HttpStatusCode.OK);
        Issuer.MetadataFetches.ShouldBe(1);
        Issuer.KeyFetches.ShouldBe(1);
    }

    [Fact]
    public async Task The_first_request_after_a_key_rollover_succeeds()
    {
        await WarmUpAsync();

        Issuer.RollOver(TestKey.Rsa("second"));

        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
        Issuer.KeyFetches.ShouldBe(2);
    }

    [Fact]
    public async Task All_the_first_requests_after_a_key_rollover_succeed_with_one_fetch()
    {
        await WarmUpAsync();

        Issuer.RollOver(TestKey.Ecdsa("second"));
        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => StatusAsync(Issuer.Issue())));

        responses.ShouldAllBe(status => status == HttpStatusCode.OK);
        Issuer.KeyFetches.ShouldBe(2);
    }

    [Fact]
    public async Task A_token_of_the_withdrawn_key_is_refused_once_the_rollover_is_known()
    {
        await WarmUpAsync();
        var old = Issuer.Issue();

        Issuer.RollOver(TestKey.Ecdsa("second"));
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);

        (await StatusAsync(old)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_withdrawn_key_is_dropped_after_an_hour_without_a_token_of_a_new_one()
    {
        await WarmUpAsync();
        Issuer.Publish(TestKey.Ecdsa("second"));
        Issuer.Withdraw(Issuer.Key);
        var held = new TaskCompletionSource();
        Issuer.Hold = held.Task;

        Host.Time.Advance(OidcMetadataCache.RefreshAfter);
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK, "it does not wait for the refresh that it starts");
        held.SetResult();

        await EventuallyAsync(async () => await StatusAsync(Issuer.Issue()) == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Many_unknown_keys_cause_one_fetch_in_ten_seconds()
    {
        await WarmUpAsync();

        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
            {
                using var response = await Host.GetWithAsync(IssueByStranger($"unknown-{round}-{i}"));
                response.Challenge().ShouldContain("The token is signed with an unknown key");
            }));
            Issuer.KeyFetches.ShouldBe(2 + round);

            Host.Time.Advance(OidcMetadataCache.LeastInterval - TimeSpan.FromMilliseconds(1));
            (await StatusAsync(IssueByStranger("early"))).ShouldBe(HttpStatusCode.Unauthorized);
            Issuer.KeyFetches.ShouldBe(2 + round);
            Host.Time.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public async Task Only_a_token_that_is_otherwise_valid_causes_a_fetch()
    {
        await WarmUpAsync();

        foreach (var change in new Action<TokenDraft>[]
        {
            token => token.Claims["exp"] = 1,
            token => token.Claims["iss"] = "https://evil.example",
            token => token.Claims["aud"] = "other",
        })
        {
            (await StatusAsync(IssueByStranger("unknown", change))).ShouldBe(HttpStatusCode.Unauthorized);
        }

        (await StatusAsync(Issuer.Issue(token => token.Key = Stranger))).ShouldBe(HttpStatusCode.Unauthorized);
        Issuer.KeyFetches.ShouldBe(1);
    }
}
