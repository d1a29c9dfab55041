using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Redis;
using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>The parts of the shared coordinator with a fake clock and replies that a test specifies.</summary>
internal sealed class ScriptedPacer : ICoordinatorScript
{
    public const long Epoch = 1_700_000_000_000;

    public static readonly CoordinatorResponse Nothing = new()
    {
        Outcome = "ok",
        Value = 0,
        Now = Epoch,
        Tick = 1,
        Epoch = 1,
        Next = 0,
        Quiet = 0,
        Pause = 0,
        PausedFor = "",
        Last = FetchPriority.None,
        Number = 0,
        Slot = 0,
        Cycle = 1,
        PreviousCycle = 1,
        CycledAt = 0,
        Generation = 0,
        BacklogOfOtherReplicas = [],
        Flights = [],
        News = 0,
        IsAll = false,
        Changes = [],
    };

    public ScriptedPacer(int replicas = 2)
    {
        Settings = new(TimeSpan.FromMilliseconds(1050), replicas, TimeSpan.FromHours(24)) { LogKey = "log" };
        Circuit = new(Clock, NullLogger<RedisCircuit>.Instance);
        RedisClock = new(Clock);
        Directory = new(RedisClock, Clock);
        Session = new(
            this, Circuit, RedisClock, Directory, new(new(new("a", "s")), NullLogger<NclueCredentials>.Instance), new(), Log, Settings,
            Clock);
        Forecast = new(Session, Circuit, RedisClock, Settings, Clock);
        Issuer = new(Session, Forecast, Circuit, Settings, Clock);
        var gate = new RequestGate(Settings.Interval, Clock, new(), Issuer);
        Coordinator = new(gate, Session, Forecast, Directory, Circuit, RedisClock, Log, Clock);
    }

    public FakeTimeProvider Clock { get; } = new();

    public PacingSettings Settings { get; }

    public RedisCircuit Circuit { get; }

    public RedisClock RedisClock { get; }

    public BlockDirectory Directory { get; }

    public RedisCoordinatorSession Session { get; }

    public PermitForecast Forecast { get; }

    public RedisPermitIssuer Issuer { get; }

    public LatestLogPosition Log { get; } = new();

    public RedisCoordinator Coordinator { get; }

    /// <summary>Calls so far.</summary>
    public List<CoordinatorRequest> Calls { get; } = [];

    /// <summary>Reply to the next call. By default it has no changes.</summary>
    public Func<CoordinatorRequest, Task<CoordinatorResponse>> Reply { get; set; } = _ => throw new NotSupportedException();

    /// <summary>Time of Redis' clock, which runs like the fake one.</summary>
    public long Now => Epoch + (long)(Clock.GetUtcNow() - Clock.Start).TotalMilliseconds;

    public TimeSpan UntilOpen => Forecast.UntilOpen(Clock.GetTimestamp());

    public Task<CoordinatorResponse> RunAsync(CoordinatorRequest call)
    {
        Calls.Add(call);
        return Reply(call);
    }

    /// <summary>Lets the coordinator read changes, with a changed reply of Redis.</summary>
    public async Task LookAsync(Func<CoordinatorResponse, CoordinatorResponse>? change = null)
    {
        Reply = _ => Task.FromResult((change ?? (reply => reply))(Nothing with { Now = Now }));
        await Session.LookAsync(RedisCircuit.Patience);
    }

    /// <summary>Lets the coordinator read changes while Redis does not respond.</summary>
    public async Task LoseRedisAsync()
    {
        Reply = _ => Task.FromException<CoordinatorResponse>(new TimeoutException());
        await Session.LookAsync(RedisCircuit.Patience);
    }

    /// <summary>Returns a permit that was granted now.</summary>
    public Permit Grant(long number) => new(Clock.GetTimestamp(), new(number, Now, Clock.GetTimestamp()), closed: _ => { });
}
