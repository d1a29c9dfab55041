using System.Globalization;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Check;

/// <summary>Sends one request to NCLUE, signed and paced like those of the gateway, and reports on its response.</summary>
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
    /// <summary>Maximum wait for a permit.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Minimum clock skew at which NCP refuses requests.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private bool IsShared => connections.Redis.Length > 0;

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken stop)
    {
        try
        {
            var began = time.GetTimestamp();
            if (await AcquireAsync(began, stop) is not { } permit)
            {
                return [NoPermit()];
            }

            var waited = time.GetElapsedTime(began, permit.At);
            var outcome = await CallAsync(permit);
            var took = time.GetElapsedTime(permit.At);
            NormalizedResponse? response = null;
            if (outcome.Failure is null && !normalizer.TryNormalize(outcome.Body, out response, out var error))
            {
                outcome = outcome with { Failure = new(NclueFailureKind.Unreadable, $"NCLUE's response cannot be read: {error}.") };
            }

            if (response is null)
            {
                return [Refused(outcome, outcome.Failure!), Clock()];
            }

            var zone = TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone);
            return
            [
                Finding.Fine(
                    CheckReport.Nclue,
                    $"NCLUE accepted the signed request and responded within {Seconds(took)}. {Pacing(waited)}"),
                Clock(),
                ListSettingsProbe.OfIndexUnit(options.IndexUnit, response.Rows, await FirstBlockAsync()),
                ListSettingsProbe.OfTimeZone(
                    zone,
                    [.. response.Runs.Select(run => run?.CreatedAt)],
                    time.GetUtcNow() - (clock.Measured ?? TimeSpan.Zero)),
                ListProbe.Of(options.Order, response),
            ];
        }
        finally
        {
            await pacer.LeaveAsync();
        }
    }

    /// <summary>Acquires a permit, within <see cref="Patience"/>.</summary>
    private async Task<Permit?> AcquireAsync(long began, CancellationToken stop)
    {
        var request = new FetchRequest(FetchPriority.Wait, began, new(1, 1));
        while (true)
        {
            var open = pacer.UntilOpen ?? LookEvery;
            if (open == TimeSpan.Zero && await pacer.ClaimAsync(block: null, request, known: 0) is { } permit)
            {
                return permit;
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

    private async Task<FetchResult> CallAsync(Permit permit)
    {
        var outcome = await source.GetRowsAsync(ListSettingsProbe.Index, NclueClient.BlockSize, permit);
        permit.Close();
        if (outcome.Failure is { Pause: { } rule } failure)
        {
            await pacer.PauseAsync(permit, rule, failure.RetryAfter); // applies to all replicas of the account
        }

        await pacer.EndAsync(permit, block: null, outcome.Failure is null ? FetchOutcome.Responded : FetchOutcome.Failed);
        return outcome;
    }

    /// <summary>Returns the copy of block 0 that replicas have stored; null without one.</summary>
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

    private Finding NoPermit()
    {
        var (seen, advice) = pacer.Pause is { } pause
            ? ($"NCP has throttled this account ({NclueFailure.KindOf(pause.Rule)}), for {Seconds(pause.Left)} more. Nothing was sent.",
                "Run the check again after that. docs/operations.md says what causes such a pause, and how to end it.")
            : ($"No request was permitted within {Seconds(Patience)}. Nothing was sent.",
                "Other programs with this account and this Redis use the whole budget: run the check again, or check those.");
        return Finding.Failed(CheckReport.Nclue, seen, advice);
    }

    private Finding Refused(FetchResult outcome, NclueFailure failure)
    {
        var isRefused = failure.Kind == NclueFailureKind.CredentialsRefused;
        return Finding.Failed(CheckReport.Nclue, failure.Detail, Advice(failure)) with
        {
            Cause = failure.Cause?.ToString().ToLowerInvariant(),
            Signed = isRefused ? outcome.Signed?.StringToSign.Split('\n') : null,
        };
    }

    private string Advice(NclueFailure failure) => failure switch
    {
        { Cause: RefusalCause.Clock } => "Set this machine's clock and synchronize it by NTP: NCP refuses a skew of 5 minutes.",
        { Cause: RefusalCause.Path } => $"Nclue:BaseAddress is {options.BaseAddress}; that of NCLUE ends in /api/v1/.",
        { Cause: RefusalCause.Permission } =>
                "Give the sub account the policy NCP_VPC_NCLUE_MANAGER, and check in NCP's console that NCLUE is subscribed to."
                + OtherPair(failure),
        { Cause: RefusalCause.Key } =>
            "Check in NCP's console that the access key is active, and that the secret key is the one that belongs to it."
        + OtherPair(failure),
        { IsOfProxy: true } =>
            $"This machine must reach the proxy, {options.Proxy}, and the proxy must allow CONNECT to "
                + $"{options.BaseAddress.Host}:{options.BaseAddress.Port}. User and password are Nclue:ProxyUser and Nclue:ProxyPassword.",
        { Kind: NclueFailureKind.Unreachable } when options.Egress.IsSet =>
            $"This machine must trust the certificate of {options.BaseAddress.Authority} as it comes through {options.Egress.Name}.",
        { Kind: NclueFailureKind.Unreachable } =>
                $"This machine must reach {options.BaseAddress.Authority} itself (Nclue:Proxy is not set) and trust its certificate.",
        { Kind: NclueFailureKind.TimedOut } =>
            "Check the network and NCP's status page. Nclue:Timeout is the maximum duration of a call.",
        { Kind: NclueFailureKind.Throttled } => IsShared
                ? "Another program uses the account, or gateways that do not share this Redis and Nclue:Account. "
                    + "Run the check again in a minute."
                : "Another program uses the account, such as a running gateway: without Redis the two are not coordinated. Try again.",
        { Kind: NclueFailureKind.QuotaExceeded } =>
            "Another program may use the account: find it, or have the quota raised in NCP's console.",
        { Kind: NclueFailureKind.Unreadable } => $"Check whether NCLUE is at Nclue:BaseAddress, {options.BaseAddress}.",
        _ => "Look at the status page of NAVER Cloud Platform.",
    };

    private static string OtherPair(NclueFailure failure) =>
        failure.HasOtherKey ? " A gateway tries the other pair (Nclue:NextAccessKey) next; this check makes one call only." : "";

    private Finding Clock()
    {
        const string name = CheckReport.Clock;
        if (clock.Measured is not { } ahead)
        {
            return Finding.NotChecked(name, "It could not be compared: no response of NCP with a Date came within 2 s.");
        }

        var seen = ClockDifference.Describe(ahead, "NCP's");
        const string advice = "Set it and synchronize it by NTP: NCP refuses a skew of 5 minutes, and tokens are validated by it.";
        return ahead.Duration() >= MostSkew ? Finding.Failed(name, seen, advice)
            : ahead.Duration() >= ClockSkewEstimator.Tolerance ? Finding.Warning(name, seen, advice)
            : Finding.Fine(name, seen);
    }

    private string Pacing(TimeSpan waited) => IsShared
        ? $"It waited {Seconds(waited)} for its turn among the replicas."
        : "Without Redis this one call is unpaced: a running gateway does not take it into account.";

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0##} s");
}
