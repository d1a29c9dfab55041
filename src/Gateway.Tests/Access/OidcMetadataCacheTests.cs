using System.Net;
using Microsoft.Extensions.Logging;
using NclueGateway.Access.Bearer;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>
/// When the identity provider is asked for its keys, and what happens when it does not answer; over HTTP, by a clock that the tests turn.
/// </summary>
public sealed class OidcMetadataCacheTests : IAsyncLifetime
{
    private readonly TestKey _stranger = TestKey.Ecdsa("stranger");
    private AccessHost _host = null!;

    private TestIssuer Issuer => _host.Issuer;

    public async ValueTask InitializeAsync() => _host = await AccessHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Nobody_asks_the_provider_before_a_token_comes()
    {
        using var response = await _host.GetAsync();

        Issuer.MetadataFetches.ShouldBe(0);
    }

    [Fact]
    public async Task Many_first_requests_fetch_the_keys_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => StatusAsync(Issuer.Issue())));

        answers.ShouldAllBe(status => status == HttpStatusCode.OK);
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
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => StatusAsync(Issuer.Issue())));

        answers.ShouldAllBe(status => status == HttpStatusCode.OK);
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
    public async Task A_withdrawn_key_is_forgotten_after_an_hour_though_nobody_brings_a_new_one()
    {
        await WarmUpAsync();
        Issuer.Publish(TestKey.Ecdsa("second"));
        Issuer.Withdraw(Issuer.Key);

        _host.Time.Advance(OidcMetadataCache.RefreshAfter);
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK, "it does not wait for the refresh it sets off");

        await EventuallyAsync(async () => await StatusAsync(Issuer.Issue()) == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Unknown_keys_make_the_provider_be_asked_once_in_ten_seconds_however_many_come()
    {
        await WarmUpAsync();

        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
            {
                using var response = await _host.GetWithAsync(IssueByStranger($"unknown-{round}-{i}"));
                response.Challenge().ShouldContain("The token is signed with an unknown key");
            }));
            Issuer.KeyFetches.ShouldBe(2 + round);

            _host.Time.Advance(OidcMetadataCache.LeastInterval - TimeSpan.FromMilliseconds(1));
            (await StatusAsync(IssueByStranger("early"))).ShouldBe(HttpStatusCode.Unauthorized);
            Issuer.KeyFetches.ShouldBe(2 + round);
            _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public async Task Only_a_token_that_is_otherwise_good_makes_the_provider_be_asked()
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

        (await StatusAsync(Issuer.Issue(token => token.Key = _stranger))).ShouldBe(HttpStatusCode.Unauthorized);
        Issuer.KeyFetches.ShouldBe(1);
    }

    [Theory]
    [InlineData(nameof(IssuerMood.CutsConnections))]
    [InlineData(nameof(IssuerMood.Fails))]
    [InlineData(nameof(IssuerMood.SpeaksNonsense))]
    public async Task A_provider_that_is_down_from_the_start_is_a_401_that_says_so_and_passes_in_ten_seconds(string mood)
    {
        Issuer.Mood = Enum.Parse<IssuerMood>(mood);

        await ShouldBeUncheckedAsync(Issuer.Issue());
        var asked = Issuer.MetadataFetches;
        asked.ShouldBe(1, "a failure is not repeated at once");

        Issuer.Mood = IssuerMood.Answers;
        _host.Time.Advance(OidcMetadataCache.LeastInterval - TimeSpan.FromMilliseconds(1));
        await ShouldBeUncheckedAsync(Issuer.Issue());
        Issuer.MetadataFetches.ShouldBe(asked);

        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_provider_that_hangs_is_given_up_after_five_seconds()
    {
        Issuer.Mood = IssuerMood.Hangs;

        var answer = ShouldBeUncheckedAsync(Issuer.Issue());
        await EventuallyAsync(() => Task.FromResult(Issuer.MetadataFetches == 1));
        answer.IsCompleted.ShouldBeFalse();

        _host.Time.Advance(ProviderHttp.Timeout);
        await answer;
    }

    [Fact]
    public async Task Known_keys_serve_on_while_the_provider_is_down()
    {
        await WarmUpAsync();
        Issuer.Mood = IssuerMood.CutsConnections;

        _host.Time.Advance(TimeSpan.FromDays(1));

        for (var i = 0; i < 3; i++)
        {
            (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
            _host.Time.Advance(OidcMetadataCache.LeastInterval);
        }
    }

    [Fact]
    public async Task Nobody_with_a_known_key_waits_for_somebody_s_unknown_one()
    {
        await WarmUpAsync();
        Issuer.Mood = IssuerMood.Hangs;

        var unknown = StatusAsync(IssueByStranger("unknown"));
        await EventuallyAsync(() => Task.FromResult(Issuer.MetadataFetches == 2));

        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
        unknown.IsCompleted.ShouldBeFalse();

        _host.Time.Advance(ProviderHttp.Timeout);
        (await unknown).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_new_key_that_the_provider_cannot_confirm_is_unchecked_rather_than_bad()
    {
        await WarmUpAsync();
        Issuer.RollOver(TestKey.Ecdsa("second"));
        Issuer.Mood = IssuerMood.CutsConnections;

        await ShouldBeUncheckedAsync(Issuer.Issue());

        Issuer.Mood = IssuerMood.Answers;
        _host.Time.Advance(OidcMetadataCache.LeastInterval);
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_provider_that_loses_all_its_keys_does_not_take_ours()
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

        var warnings = _host.Logs.GetSnapshot().Where(entry => entry.Level >= LogLevel.Warning);
        warnings.ShouldHaveSingleItem().Message.ShouldContain(Issuer.Address);
    }

    [Theory]
    [InlineData("https://id.example.com", false)]
    [InlineData("{0}/tenant", false)]
    [InlineData("{0}/", true)]
    public async Task Metadata_of_another_issuer_are_not_used(string issuer, bool isUsed)
    {
        issuer = issuer.Replace("{0}", Issuer.Address);
        Issuer.SignIn.Metadata["issuer"] = issuer;

        (await StatusAsync(Issuer.Issue(token => token.Claims["iss"] = issuer))).ShouldBe(isUsed ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);

        if (!isUsed)
        {
            await ShouldBeUncheckedAsync(Issuer.Issue());
            var warning = _host.Logs.GetSnapshot().Single(entry => entry.Level >= LogLevel.Warning);
            warning.Exception.ShouldBeOfType<OtherIssuerException>().Message.ShouldContain(issuer);
        }
    }

    [Fact]
    public async Task An_issuer_whose_metadata_lie_elsewhere_is_named_by_a_setting()
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

    private async Task WarmUpAsync()
    {
        (await StatusAsync(Issuer.Issue())).ShouldBe(HttpStatusCode.OK);
        _host.Time.Advance(OidcMetadataCache.LeastInterval);
    }

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var response = await _host.GetWithAsync(token);
        return response.StatusCode;
    }

    private async Task ShouldBeUncheckedAsync(string token)
    {
        using var response = await _host.GetWithAsync(token);
        response.Challenge().ShouldBe("Bearer");
        var body = await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        body["detail"]!.GetValue<string>().ShouldStartWith("The gateway cannot check tokens now");
    }

    /// <summary>A good token but for its key, which the provider does not publish.</summary>
    private string IssueByStranger(string keyId, Action<TokenDraft>? change = null) => Issuer.Issue(token =>
    {
        token.Key = _stranger;
        token.Header["kid"] = keyId;
        change?.Invoke(token);
    });

    /// <summary>For what happens in the background over a real socket, soon but not at once.</summary>
    private static async Task EventuallyAsync(Func<Task<bool>> happened)
    {
        for (var attempt = 0; !await happened(); attempt++)
        {
            attempt.ShouldBeLessThan(1_000);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
