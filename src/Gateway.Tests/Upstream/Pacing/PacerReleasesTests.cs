using NclueGateway.Redis;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>The coordinator scripts of this release and of the last one, on one Redis, as during a rollout.</summary>
/// <remarks>
/// <c>pacer.released.lua</c> is the script of the last release. A release whose script has changed replaces it. The interval is a minute,
/// so that no lease ends during a test.
/// </remarks>
[Trait("Needs", "Processes")]
public sealed class PacerReleasesTests(TestRedis redis)
{
    private const int Interval = 60_000;

    private static readonly int Window = RowWindow.NumberOf(1_234);
    private static readonly string Current = Read("src/Gateway/Upstream/Pacing/pacer.lua");
    private static readonly string Released = Read("src/Gateway.Tests/Upstream/Pacing/pacer.released.lua");

    [Fact]
    public async Task The_last_release_keeps_windows_and_finds_nothing_odd()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        foreach (var number in new[] { Window, CoordinatorRequest.NoBlock, 7 })
        {
            (await ClaimAsync(pacer, Current, "new", number)).Text("outcome").ShouldBe(CoordinatorOutcome.Granted);
        }

        var field = $"window:{Window}";
        var lease = (string?)await pacer.Database.HashGetAsync(pacer.Account, field);
        var next = (long)await pacer.Database.HashGetAsync(pacer.Account, "next");
        lease.ShouldNotBeNull();

        var old = await RunAsync(pacer, Released, Call("old", CoordinatorOperation.Look));

        old.Texts("odd").ShouldBeEmpty();
        old.Number("next", long.MaxValue).ShouldBe(next);
        old.Texts("flights").ShouldHaveSingleItem().ShouldStartWith("7 new ");
        ((string?)await pacer.Database.HashGetAsync(pacer.Account, field)).ShouldBe(lease);
        (await ClaimAsync(pacer, Released, "old", 8)).Text("outcome").ShouldBe(CoordinatorOutcome.Granted);
        (await ClaimAsync(pacer, Current, "another", Window)).Text("outcome").ShouldBe(CoordinatorOutcome.UnderWay);

        var end = await RunAsync(
            pacer, Current, Call("new", CoordinatorOperation.End) with { Block = Window, End = FetchOutcome.Responded });
        end.Texts("flights").ShouldAllBe(flight => flight.StartsWith("7 new ") || flight.StartsWith("8 old "));
        (await pacer.Database.HashExistsAsync(pacer.Account, field)).ShouldBeFalse();
    }

    [Fact]
    public async Task This_release_finds_nothing_odd_in_what_the_last_one_writes()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        (await ClaimAsync(pacer, Released, "old", 7)).Text("outcome").ShouldBe(CoordinatorOutcome.Granted);

        // The last release writes a lease for a request without rows, and its own next call takes it for odd.
        var claim = await ClaimAsync(pacer, Released, "check", CoordinatorRequest.NoBlock);
        claim.Text("outcome").ShouldBe(CoordinatorOutcome.Granted);

        var look = await RunAsync(pacer, Current, Call("new", CoordinatorOperation.Look));

        look.Texts("odd").ShouldBeEmpty();
        look.Number("next", long.MaxValue).ShouldBe(claim.Number("next", long.MaxValue));
        look.Texts("flights").Select(flight => flight.Split(' ')[0]).ShouldBe(["7", $"{CoordinatorRequest.NoBlock}"], ignoreOrder: true);
        (await ClaimAsync(pacer, Current, "new", Window)).Text("outcome").ShouldBe(CoordinatorOutcome.Granted);
    }

    [Fact]
    public async Task A_request_without_rows_has_no_lease()
    {
        await using var pacer = await OddPacer.StartAsync(redis);
        var claim = await ClaimAsync(pacer, Current, "check", CoordinatorRequest.NoBlock);
        claim.Text("outcome").ShouldBe(CoordinatorOutcome.Granted);
        claim.Texts("flights").ShouldBeEmpty();

        (await ClaimAsync(pacer, Current, "other", CoordinatorRequest.NoBlock)).Text("outcome").ShouldBe(CoordinatorOutcome.Granted);
    }

    /// <summary>Claims a permit that is available.</summary>
    private static async Task<ScriptReply> ClaimAsync(OddPacer pacer, string script, string replica, int number)
    {
        await RunAsync(pacer, script, Call(replica, CoordinatorOperation.Look));
        await pacer.Database.HashSetAsync(pacer.Account, [new("next", 1), new("open", 1)]);
        return await RunAsync(pacer, script, Call(replica, CoordinatorOperation.Claim) with { Block = number });
    }

    private static CoordinatorRequest Call(string replica, string operation) => new PacerReplica(replica).Claim(0, 0) with
    {
        Operation = operation,
        Interval = Interval,
        Quiet = 4 * Interval,
        Settle = 4 * Interval,
        Flights = replica == "new" ? [Window, 7] : [],
    };

    private static async Task<ScriptReply> RunAsync(OddPacer pacer, string script, CoordinatorRequest call) =>
        new(await pacer.Database.ScriptEvaluateAsync(script, pacer.Keys, LuaCoordinatorScript.Arguments(call)));

    private static string Read(string path) => File.ReadAllText(Path.Combine([Repository.Root, .. path.Split('/')]));
}
