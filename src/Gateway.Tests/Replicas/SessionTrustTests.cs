using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Access.Sessions;
using NclueGateway.Budget;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;
using static NclueGateway.Tests.Replicas.Browsers;

namespace NclueGateway.Tests.Replicas;

/// <summary>Values in a real Redis that a gateway accepts for a session of its own, and values that it rejects.</summary>
[Trait("Needs", "RealTime")]
public sealed class SessionTrustTests : IAsyncLifetime
{
    private const string Ring = "nclue-gateway:data-protection-keys";

    private static readonly string Certificate = CreateCertificate(TimeProvider.System.GetUtcNow().AddDays(1));

    private RedisServer? _redis;
    private GatewayHost? _one;
    private ConnectionMultiplexer? _connection;

    private GatewayHost One => _one!;

    private IDatabase Redis => _connection!.GetDatabase();

    private Dictionary<string, string?> Settings { get; } = SessionHost.Settings(
        ("Nclue:ReplicaCount", "2"), ("Auth:Session:DataProtectionCertificate", Certificate));

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        Settings["ConnectionStrings:Redis"] = _redis.Address;
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.Address + ",allowAdmin=true");
        _one = await GatewayHost.StartAsync(settings: Settings, environment: "Development");
    }

    public async ValueTask DisposeAsync()
    {
        await One.DisposeAsync();
        await _connection!.DisposeAsync();
        await _redis!.DisposeAsync();
    }

    [Theory]
    [InlineData("Auth:Audience", "gateway-of-staging")]
    [InlineData("Auth:Session:ClientId", "staging")]
    [InlineData("Auth:Authority", "")]
    public async Task A_session_of_another_provider_client_or_audience_is_none(string setting, string value)
    {
        using var person = await SignedInAsync(One);
        (await StatusAsync(person, One)).ShouldBe(HttpStatusCode.OK);

        await using var two = setting == "Auth:Authority"
            ? await GatewayHost.StartAsync(settings: Settings, environment: "Development") // with a provider of its own
            : await StartAnotherAsync((setting, value));

        (await StatusAsync(person, two)).ShouldBe(HttpStatusCode.Unauthorized);

        // Not even under the key that the session would have there.
        var there = new SessionScope(
            new() { Authority = two.Issuer.Address, Audience = setting == "Auth:Audience" ? value : "gateway" },
            new() { ClientId = setting == "Auth:Session:ClientId" ? value : TestSignIn.ClientId });
        await Redis.KeyCopyAsync(Prefix(One) + HashOf(person.Session!), $"nclue-gateway:session:{there.Name}:{HashOf(person.Session!)}");
        (await StatusAsync(person, two)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(person, One)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_sign_in_that_was_begun_at_another_provider_client_or_audience_is_not_finished()
    {
        using var person = new CookieClient(One.Address);
        using var callback = await person.FollowAsync(
            "/session/login", to => to.OriginalString.Contains("/session/callback", StringComparison.Ordinal));
        await using var two = await StartAnotherAsync(("Auth:Audience", "gateway-of-staging"));
        using var moved = Move(person, two);

        using var response = await moved.GetAsync(callback.Headers.Location!.PathAndQuery, csrf: null);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        One.Issuer.SignIn.Redemptions.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_writer_to_redis_cannot_sign_in_as_another_user(bool isEncrypted)
    {
        using var person = await SignedInAsync(One);
        using var attacker = new CookieClient(One.Address) { Session = new string('x', 43) };
        await ForgeAsync(attacker.Session, isEncrypted);

        await using var two = await StartAnotherAsync();

        (await StatusAsync(attacker, two)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(attacker, One)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(person, two)).ShouldBe(HttpStatusCode.OK);
        two.Warnings().ShouldContain(line => line.StartsWith("1 entries of the key ring", StringComparison.Ordinal));

        // Without a certificate, all values in Redis count, as the documentation states.
        await using var open = await StartAnotherAsync(("Auth:Session:DataProtectionCertificate", ""));
        (await StatusAsync(attacker, open)).ShouldBe(isEncrypted ? HttpStatusCode.Unauthorized : HttpStatusCode.OK);
    }

    [Fact]
    public async Task Keys_that_were_taken_out_are_put_back_although_others_bear_their_names()
    {
        using var person = await SignedInAsync(One);
        var forged = await ForgeAsync(new string('x', 43), isEncrypted: false);
        var own = (await Redis.ListRangeAsync(Ring)).Select(key => XElement.Parse(key.ToString()))
            .Single(key => key.Attribute("seal") is not null);
        forged.SetAttributeValue("id", (string)own.Attribute("id")!);
        await Redis.KeyDeleteAsync(Ring);
        await Redis.ListRightPushAsync(Ring, forged.ToString(SaveOptions.DisableFormatting));
        await _redis!.StopAsync();
        One.Clock.Advance(TimeSpan.FromSeconds(11));
        (await StatusAsync(person, One)).ShouldBe(HttpStatusCode.OK);
        await _redis.StartAsync(); // empty, as after a loss
        await Redis.ListRightPushAsync(Ring, forged.ToString(SaveOptions.DisableFormatting));

        await ReplicaSettings.EventuallyAsync(
            () =>
            {
                One.Clock.Advance(TimeSpan.FromSeconds(1));
                return Redis.ListRangeAsync(Ring);
            },
            keys => keys.Any(key => key.ToString().Contains("seal=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Marks_of_ended_sessions_live_as_long_as_their_tickets_can()
    {
        var sid = "";
        One.Issuer.SignIn.ChangeIdToken = token => sid = (string)token.Claims["sid"]!;
        using var person = await SignedInAsync(One);
        using var other = await SignedInAsync(One);
        await using var shorter = await StartAnotherAsync(
            ("Auth:Session:AbsoluteTimeout", "00:01:00"), ("Auth:Session:IdleTimeout", "00:01:00"));
        using var moved = Move(person, shorter);
        (await moved.SendAsync(HttpMethod.Post, "/session/logout")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var http = shorter.CreateAnonymousClient();
        foreach (var left in new[] { "sid", "sub" })
        {
            var token = One.Issuer.SignIn.IssueLogoutToken(sid, token => token.Claims.Remove(left));
            using var form = new FormUrlEncodedContent([new("logout_token", token)]);
            (await http.PostAsync("/session/backchannel-logout", form, TestContext.Current.CancellationToken))
                .StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var marks = _connection!.GetServers()[0].Keys(pattern: "*:end").ToList();

        marks.Count.ShouldBe(3);
        foreach (var mark in marks)
        {
            (await Redis.KeyTimeToLiveAsync(mark)).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromHours(9.9), mark.ToString());
        }
    }

    [Fact]
    public async Task No_person_has_more_than_twenty_sessions_with_any_value_in_place_of_their_list()
    {
        using var first = await SignedInAsync(One);
        using var kept = await SignedInAsync(One);
        for (var i = 0; i < 19; i++)
        {
            using var more = await SignedInAsync(One);
        }

        (await StatusAsync(first, One)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(kept, One)).ShouldBe(HttpStatusCode.OK);
        var list = _connection!.GetServers()[0].Keys(pattern: "*:sessions").ShouldHaveSingleItem();
        (await Redis.ListLengthAsync(list)).ShouldBe(20);
        (await Redis.KeyTimeToLiveAsync(list)).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.FromHours(10));

        for (var i = 0; i < 30; i++)
        {
            await Redis.ListRightPushAsync(list, $"junk of no meaning {i}");
        }

        using var beside = await SignedInAsync(One);
        (await StatusAsync(beside, One)).ShouldBe(HttpStatusCode.OK);
        (await Redis.ListLengthAsync(list)).ShouldBe(20);
        await Redis.StringSetAsync(list, "no list");
        using var after = await SignedInAsync(One);
        (await StatusAsync(after, One)).ShouldBe(HttpStatusCode.OK);
        (await Redis.ListLengthAsync(list)).ShouldBe(1);
    }

    private Task<GatewayHost> StartAnotherAsync(params (string Name, string Value)[] different)
    {
        var settings = new Dictionary<string, string?>(Settings);
        foreach (var (name, value) in different)
        {
            settings[name] = value;
            if (name == "Auth:Audience")
            {
                One.Issuer.Reader = token => token.Claims["aud"] = value; // the replica must read once before it counts as started
            }
        }

        return One.StartReplicaAsync(settings, One.Clock, environment: "Development");
    }

    /// <summary>
    /// Forges a session with access to Redis alone. It creates a key, encrypts it with the public part of the certificate from the ring,
    /// adds it to the ring, and protects a session with it that looks like the gateway's own.
    /// </summary>
    private async Task<XElement> ForgeAsync(string cookie, bool isEncrypted)
    {
        var repository = new InMemoryKeyRepository();
        await using var services = new ServiceCollection()
            .AddDataProtection().SetApplicationName("nclue-gateway")
            .Services.Configure<KeyManagementOptions>(
                keys => (keys.XmlRepository, keys.XmlEncryptor) = (repository, new NullXmlEncryptor()))
            .BuildServiceProvider();
        var now = One.Clock.GetUtcNow();
        var ticket = services.GetRequiredService<IDataProtectionProvider>()
            .CreateProtector("NclueGateway.Session", "v2", ScopeOf(One).Name, HashOf(cookie))
            .Protect(JsonSerializer.SerializeToUtf8Bytes(new Session
            {
                Subject = "alice",
                IdClaims = [new("sub", "alice"), new("scope", "task-runs:read")],
                GrantClaims = [],
                SignedInAt = now,
                CheckedAt = now,
                AbsoluteExpiresAt = now.AddHours(10),
            }));
        var key = repository.GetAllElements().Single();
        if (isEncrypted)
        {
            using var publicPart = X509CertificateLoader.LoadCertificate(X509Certificate2.CreateFromPem(Certificate).RawData);
            var secret = key.Descendants("masterKey").Single();
            var encrypted = new CertificateXmlEncryptor(publicPart, NullLoggerFactory.Instance).Encrypt(secret);
            secret.ReplaceWith(new XElement(
                "encryptedSecret",
                new XAttribute("decryptorType", encrypted.DecryptorType.AssemblyQualifiedName!),
                encrypted.EncryptedElement));
        }

        await Redis.ListRightPushAsync(Ring, key.ToString(SaveOptions.DisableFormatting));
        await Redis.HashSetAsync(Prefix(One) + HashOf(cookie), [new("absexp", -1), new("sldexp", -1), new("data", ticket)]);
        return key;
    }
}
