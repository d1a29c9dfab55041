using System.Globalization;
using NclueGateway.Redis;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream.Pacing;
using StackExchange.Redis;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>The top of the snapshot's log in the replies of the coordinator script, on a real Redis.</summary>
[Trait("Needs", "Processes")]
public sealed class PacerLogTests(TestRedis redis)
{
    private static readonly LogPosition Top = new(1_700_000_000_000, 41, 0xfedc_ba98_7654_3210);

    /// <summary>Returns the fields of a log's hash that the script reads.</summary>
    internal static HashEntry[] Fields(LogPosition top) =>
        [new("epoch", top.Epoch), new("top", top.Number), new("chain", top.Chain.ToString("x16", CultureInfo.InvariantCulture))];

    [Fact]
    public async Task Each_reply_has_the_top_at_that_call()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        foreach (var top in new[] { Top with { Number = 0, Chain = 0 }, Top, Top with { Number = 42, Chain = ulong.MaxValue } })
        {
            await pacer.Database.HashSetAsync(pacer.LogKey, Fields(top));

            (await LookAsync(pacer)).Log.ShouldBe(top);
            (await pacer.Script.RunAsync(Call(pacer) with { Operation = CoordinatorOperation.Claim })).Log.ShouldBe(top);
        }
    }

    [Fact]
    public async Task Without_a_key_no_log_is_read()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        await pacer.Database.HashSetAsync(pacer.LogKey, Fields(Top));

        (await pacer.Script.RunAsync(Call(pacer) with { LogKey = "" })).Log.ShouldBeNull();
    }

    [Fact]
    public async Task A_log_that_is_missing_or_of_another_type_has_no_top_and_stays_as_it_is()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        (await LookAsync(pacer)).Log.ShouldBeNull();

        await pacer.Database.StringSetAsync(pacer.LogKey, "x");
        (await LookAsync(pacer)).Log.ShouldBeNull();
        ((string?)await pacer.Database.StringGetAsync(pacer.LogKey)).ShouldBe("x");
    }

    [Theory]
    [InlineData("epoch", null)]
    [InlineData("epoch", "1e9")]
    [InlineData("top", null)]
    [InlineData("top", "-1")]
    [InlineData("top", "99999999999999999")]
    [InlineData("chain", null)]
    [InlineData("chain", "")]
    [InlineData("chain", "18364758544493064720")]
    [InlineData("chain", "FEDCBA9876543210")]
    [InlineData("chain", "fedcba987654321")]
    public async Task A_top_that_cannot_be_read_is_none_and_delays_no_replica(string field, string? value)
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        await pacer.Database.HashSetAsync(pacer.LogKey, Fields(Top));
        var next = (await LookAsync(pacer)).Next;

        await (value is null
            ? pacer.Database.HashDeleteAsync(pacer.LogKey, field)
            : pacer.Database.HashSetAsync(pacer.LogKey, field, value));
        var reply = await LookAsync(pacer);

        reply.Log.ShouldBeNull();
        reply.Next.ShouldBe(next);
    }

    [Fact]
    public async Task Without_permission_for_the_log_alone_permits_are_granted_as_ever()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        await pacer.Database.HashSetAsync(pacer.LogKey, Fields(Top));
        var user = $"user{Guid.NewGuid():N}";
        string[] rights = ["on", ">password", "&*", "+@all", .. pacer.Keys.Select(key => $"~{key}")];
        await pacer.Database.ExecuteAsync("ACL", ["SETUSER", user, .. rights]);
        try
        {
            await using var limited = new RedisConnection(new()
            {
                Redis = $"{await redis.ConnectionStringAsync()},user={user},password=password",
            });
            var database = (await limited.GetAsync()).GetDatabase();
            (await Should.ThrowAsync<RedisServerException>(() => database.HashGetAllAsync(pacer.LogKey))).Message.ShouldStartWith("NOPERM");

            var reply = await new LuaCoordinatorScript(limited, pacer.Account, pacer.Unreadable).RunAsync(Call(pacer));

            reply.Log.ShouldBeNull();
            reply.Outcome.ShouldBe("ok");
        }
        finally
        {
            await pacer.Database.ExecuteAsync("ACL", "DELUSER", user);
        }
    }

    private static Task<CoordinatorResponse> LookAsync(OddPacer pacer) => pacer.Script.RunAsync(Call(pacer));

    private static CoordinatorRequest Call(OddPacer pacer) =>
        new PacerReplica("r1").Claim(0, 0) with { Operation = CoordinatorOperation.Look, LogKey = pacer.LogKey };
}
