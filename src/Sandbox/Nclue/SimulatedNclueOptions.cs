using System.Net;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>What <c>total</c> counts: the documentation ("number of runs retrieved") allows both readings.</summary>
internal enum TotalCounts
{
    /// <summary>All runs of the account.</summary>
    Account,

    /// <summary>The runs in this answer.</summary>
    Answer,

    /// <summary>There is no <c>total</c>.</summary>
    Absent,
}

/// <summary>What <c>index</c> counts: the documentation ("start location") allows both readings.</summary>
internal enum SimulatedIndexUnit
{
    Row,

    /// <summary>Pages of <c>limit</c> rows.</summary>
    Page,
}

/// <summary>How a <see cref="SimulatedNclue"/> starts. What its own properties repeat can be changed while it runs.</summary>
internal sealed class SimulatedNclueOptions
{
    /// <summary>Where it listens. It is known as 127.0.0.1 in any case.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>0 for a free one.</summary>
    public int Port { get; init; }

    /// <summary>Secret keys by access key: the pairs that are accepted.</summary>
    public IDictionary<string, string> Keys { get; init; } = new Dictionary<string, string>();

    /// <summary>Runs at the start.</summary>
    public int Runs { get; init; } = 250;

    /// <summary>
    /// For tests: every run is final, its content depends on its number alone, and row r holds run number r. Otherwise the newest run comes
    /// first and the newest ones move on as time passes.
    /// </summary>
    public bool Frozen { get; init; }

    /// <summary>How often a new run appears at the head of the list; null for never.</summary>
    public TimeSpan? NewRunEvery { get; init; }

    public TotalCounts TotalCounts { get; init; } = TotalCounts.Account;

    public SimulatedIndexUnit IndexUnit { get; init; } = SimulatedIndexUnit.Row;

    /// <summary>Whether an arrival less than a second after the one before it is answered with 429.</summary>
    public bool Strict { get; init; } = true;

    /// <summary>How long every answer takes.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Serve https with a certificate made for this instance: <see cref="SimulatedNclue.Certificate"/>.</summary>
    public bool UseHttps { get; init; }

    /// <summary>How much longer each TLS handshake takes than it must.</summary>
    public TimeSpan TlsHandshakeDelay { get; init; }

    /// <summary>The clock that stamps arrivals, checks timestamps, moves runs on and measures every delay.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
