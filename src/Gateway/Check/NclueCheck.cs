using System.Globalization;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Check;

/// <summary>The one call of NCLUE: signed and paced as any other, and what its answer tells. It is spent, whatever comes of it.</summary>
internal sealed class NclueCheck(
    NclueClient source,
    IUpstreamCoordinator pacer,
    ClockSkewEstimator clock,
    NclueOptions options,
    ConnectionStringOptions connections,
    TaskRunNormalizer normalizer,
    ISharedBlocks shared,
    TimeProvider time)
{
    /// <summary>How long it waits for its departure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>NCP refuses what is further off.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private static readonly string[] OfTheAnswer = [CheckReport.Clock, CheckReport.IndexUnit, CheckReport.TimeZone];

    private bool IsShared => connections.Redis.Length > 0;

    /// <summary>Nothing is sent.</summary>
    /// <param name="reason">Why: a sentence.</param>
    public static IReadOnlyList<Finding> Skipped(string reason) =>
        [Finding.NotChecked(CheckReport.Nclue, reason), .. OfTheAnswer.Select(name => Finding.NotChecked(name, "NCLUE was not asked."))];

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken stop)
    {
        try
        {
            var began = time.GetTimestamp();
            if (await DepartAsync(began, stop) is not { } departure)
            {
                return NoDeparture();
            }

            var waited = time.GetElapsedTime(began, departure.At);
            var outcome = await CallAsync(departure);
            var took = time.GetElapsedTime(departure.At);
            NormalizedAnswer? answer = null;
            if (outcome.Failure is null && !normalizer.TryNormalize(outcome.Body, out answer, out var error))
            {
                outcome = outcome with { Failure = new(NclueFailureKind.Unreadable, $"NCLUE's answer cannot be read: {error}.") };
            }

            if (answer is null)
            {
                var skipped = OfTheAnswer[1..].Select(name => Finding.NotChecked(name, "Skipped: NCLUE gave no list."));
                return [Refused(outcome, outcome.Failure!), Clock(), .. skipped];
            }

            var zone = TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone);
            return
            [
                Finding.Fine(CheckReport.Nclue, $"NCLUE accepted the signed request and answered within {Seconds(took)}. {Pacing(waited)}"),
                Clock(),
                ListSettingsProbe.OfIndexUnit(options.IndexUnit, answer.Rows, await FirstBlockAsync()),
                ListSettingsProbe.OfTimeZone(zone, answer.CreatedAt, time.GetUtcNow() - (clock.Measured ?? TimeSpan.Zero)),
            ];
        }
        finally
        {
            await pacer.LeaveAsync();
        }
    }

    /// <summary>Claims a departure, for as long as <see cref="Patience"/> allows.</summary>
    private async Task<Permit?> DepartAsync(long began, CancellationToken stop)
    {
        var bid = new FetchRequest(FetchPriority.Wait, began, new(1, 1));
        while (true)
        {
            var open = pacer.UntilOpen ?? LookEvery;
            if (open == TimeSpan.Zero && await pacer.ClaimAsync(block: null, bid, known: 0) is { } departure)
            {
                return departure;
            }

            var left = Patience - time.GetElapsedTime(began);
            var wait = open > LookEvery ? open : LookEvery;
            if (wait > left)
            {
                return null;
            }

            await Task.Delay(wait.ForTimer(), time, stop);
        }
    }

    private async Task<FetchResult> CallAsync(Permit departure)
    {
        var outcome = await source.GetRowsAsync(ListSettingsProbe.Index, departure);
        departure.Close();
        if (outcome.Failure is { Pause: { } rule } failure)
        {
            await pacer.PauseAsync(departure, rule, failure.RetryAfter); // it holds for all who share the account
        }

        await pacer.EndAsync(departure, block: null, outcome.Failure is null ? FetchOutcome.Answered : FetchOutcome.Failed);
        return outcome;
    }

    /// <summary>The copy of block 0 that replicas have stored, if they have.</summary>
    private async Task<TaskRunRows?> FirstBlockAsync()
    {
        TaskRunBlock? first = null;
        shared.LookedUp += (_, lookup) => first = lookup.Block;
        if (shared.HasNewer(0))
        {
            await shared.LookAsync(0);
        }

        return first?.Rows;
    }

    private IReadOnlyList<Finding> NoDeparture()
    {
        var (seen, advice) = pacer.Pause is { } pause
            ? ($"NCP has told this account to wait ({NclueFailure.KindOf(pause.Rule)}), for {Seconds(pause.Left)} more. Nothing was sent.",
                "Run the check again after that. docs/operations.md says what makes such a pause, and how to end it.")
            : ($"No departure was free within {Seconds(Patience)}. Nothing was sent.",
                "Others who share the account and this Redis use the whole budget: run the check again, or look at them.");
        return
        [
            Finding.Failed(CheckReport.Nclue, seen, advice),
            .. OfTheAnswer.Select(name => Finding.NotChecked(name, "Skipped: NCLUE was not asked.")),
        ];
    }

    private Finding Refused(FetchResult outcome, NclueFailure failure)
    {
        var isRefused = failure.Kind == NclueFailureKind.CredentialsRefused;
        return Finding.Failed(CheckReport.Nclue, failure.Detail, Advice(failure)) with
        {
            Cause = failure.Cause?.ToString().ToLowerInvariant(),
            Signed = isRefused ? outcome.Signed?.Layout.Split('\n') : null,
        };
    }

    private string Advice(NclueFailure failure) => failure switch
    {
        { Cause: RefusalCause.Clock } => "Set this machine's clock and have it keep its time by NTP: NCP refuses what is 5 minutes off.",
        { Cause: RefusalCause.Path } => $"Nclue:BaseAddress is {options.BaseAddress}; that of NCLUE ends in /api/v1/.",
        { Cause: RefusalCause.Permission } =>
            "Give the sub account the policy NCP_VPC_NCLUE_MANAGER, and see in NCP's console that NCLUE is subscribed to." + OtherPair(failure),
        { Cause: RefusalCause.Key } => "See in NCP's console that the access key is active, and that the secret key is the one that belongs to it."
            + OtherPair(failure),
        { Kind: NclueFailureKind.Unreachable } =>
            $"This machine must reach {options.BaseAddress.Authority} itself (no proxy is used) and trust its certificate.",
        { Kind: NclueFailureKind.TimedOut } => "Look at the network and NCP's status page. Nclue:Timeout is how long a call may take.",
        { Kind: NclueFailureKind.Throttled } => IsShared
            ? "Another program uses the account, or gateways that do not share this Redis and Nclue:Account. Run the check again in a minute."
            : "Another program uses the account, such as a gateway that runs: without Redis the two do not know of each other. Try again.",
        { Kind: NclueFailureKind.QuotaExceeded } => "Another program may use the account: find it, or have the quota raised in NCP's console.",
        { Kind: NclueFailureKind.Unreadable } => $"See whether NCLUE is at Nclue:BaseAddress, {options.BaseAddress}.",
        _ => "Look at the status page of NAVER Cloud Platform.",
    };

    private static string OtherPair(NclueFailure failure) =>
        failure.HasOtherKey ? " A gateway tries the other pair (Nclue:NextAccessKey) next; this check makes one call only." : "";

    private Finding Clock()
    {
        const string name = CheckReport.Clock;
        if (clock.Measured is not { } ahead)
        {
            return Finding.NotChecked(name, "It could not be compared: no answer of NCP came within 2 s and with a Date.");
        }

        var seen = ClockDifference.Describe(ahead, "NCP's");
        const string advice = "Set it and have it kept by NTP: NCP refuses what is 5 minutes off, and tokens are judged by it.";
        return ahead.Duration() >= MostSkew ? Finding.Failed(name, seen, advice)
            : ahead.Duration() >= ClockSkewEstimator.Tolerance ? Finding.Warning(name, seen, advice)
            : Finding.Fine(name, seen);
    }

    private string Pacing(TimeSpan waited) => IsShared
        ? $"It waited {Seconds(waited)} for its turn among the replicas."
        : "Without Redis this one call is unpaced: a gateway that runs does not know of it.";

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0##} s");
}
