using System.Net;
using System.Text;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;
using static NclueGateway.Tests.Replicas.Browsers;

namespace NclueGateway.Tests.Replicas;

/// <summary>Stored form of the sessions of two replicas, and the keys that encrypt it.</summary>
[Trait("Needs", "RealTime")]
public sealed class SharedSessionKeysTests : SharedSessionsHost
{
    [Fact]
    public async Task Redis_holds_no_token_no_subject_and_no_key_in_clear()
    {
        One.Issuer.SignIn.User = "subject-canary";
        using var person = await SignedInAsync(One);
        One.Clock.Advance(TimeSpan.FromMinutes(5));
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        One.Issuer.SignIn.Refreshes.ShouldBe(1);

        var dump = await DumpAsync();

        dump.ShouldContain("nclue-gateway:session:");
        dump.ShouldContain("EncryptedData"); // of the key ring
        foreach (var secret in new[] { "canary", "Alice", "alice", "task-runs:read", "<value>", person.Session!, Sid })
        {
            dump.ShouldNotContain(secret, Case.Sensitive);
        }
    }

    [Fact]
    public async Task A_ticket_under_another_key_or_changed_opens_nothing()
    {
        using var person = await SignedInAsync(One);
        using var other = await SignedInAsync(One);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Redis.Address + ",allowAdmin=true");
        var redis = connection.GetDatabase();
        var (mine, theirs) = (KeyOf(person), KeyOf(other));
        await redis.HashSetAsync(mine, "data", await redis.HashGetAsync(theirs, "data"));
        var changed = (byte[])(await redis.HashGetAsync(theirs, "data"))!;
        changed[^1] ^= 1;
        await redis.HashSetAsync(theirs, "data", changed);

        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(other, Two)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_that_two_replicas_have_put_back_at_the_same_moment_is_read_as_one()
    {
        using var person = await SignedInAsync(One);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Redis.Address);
        var redis = connection.GetDatabase();
        await redis.ListRightPushAsync(
            "nclue-gateway:data-protection-keys", await redis.ListRangeAsync("nclue-gateway:data-protection-keys"));

        await using var three = await StartAnotherAsync();

        (await StatusAsync(person, three)).ShouldBe(HttpStatusCode.OK);
        using var there = await SignedInAsync(three);
        (await StatusAsync(there, One)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task With_another_certificate_users_sign_in_again_and_replicas_with_the_old_one_continue_with_it()
    {
        using var person = await SignedInAsync(One);
        var expired = TimeProvider.System.GetUtcNow().AddDays(-1); // the expiry of the certificate does not matter
        Settings["Auth:Session:DataProtectionCertificate"] = CreateCertificate(expired);
        await using var three = await StartAnotherAsync();
        await using var four = await StartAnotherAsync();

        (await StatusAsync(person, three)).ShouldBe(HttpStatusCode.Unauthorized);
        using var again = await SignedInAsync(three);
        (await StatusAsync(again, three)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(again, four)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(again, Two)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        using var old = await SignedInAsync(Two);
        (await StatusAsync(old, One)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(old, four)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private string KeyOf(CookieClient person) => Prefix(One) + HashOf(person.Session!);

    private async Task<string> DumpAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Redis.Address);
        var redis = connection.GetDatabase();
        var dump = new StringBuilder();
        foreach (var key in connection.GetServers()[0].Keys())
        {
            dump.Append(key).Append('\n');
            IEnumerable<RedisValue> values = await redis.KeyTypeAsync(key) switch
            {
                RedisType.Hash => (await redis.HashGetAllAsync(key)).SelectMany(entry => new[] { entry.Name, entry.Value }),
                RedisType.List => await redis.ListRangeAsync(key),
                _ => [await redis.StringGetAsync(key)],
            };
            foreach (var value in values)
            {
                dump.Append(Encoding.Latin1.GetString((byte[])value!)).Append('\n');
            }
        }

        return dump.ToString();
    }
}
