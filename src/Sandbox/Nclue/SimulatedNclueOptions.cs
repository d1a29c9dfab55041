using System.Net;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>Meaning of <c>total</c>: the documentation ("number of runs retrieved") allows both readings.</summary>
internal enum TotalCounts
{
    /// <summary>All runs of the account.</summary>
    Account,

    /// <summary>The runs in this response.</summary>
    Answer,

    /// <summary>There is no <c>total</c>.</summary>
    Absent,
}

/// <summary>Unit of <c>index</c>: the documentation ("start location") allows both readings.</summary>
internal enum SimulatedIndexUnit
{
    Row,

    /// <summary>Pages of <c>limit</c> rows.</summary>
    Page,
}

/// <summary>
/// Options of a <see cref="SimulatedNclue"/>. Those that it repeats as settable properties can be changed while it
/// runs.
/// </summary>
internal sealed class SimulatedNclueOptions
{
    /// <summary>Address to listen on. The simulator is addressed as 127.0.0.1 in any case.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Port to listen on; 0 for a free port.</summary>
    public int Port { get; init; }

    /// <summary>Accepted key pairs: secret keys by access key.</summary>
    public IDictionary<string, string> Keys { get; init; } = new Dictionary<string, string>();

    /// <summary>Number of runs at startup.</summary>
    public int Runs { get; init; } = 250;

    /// <summary>
    /// For tests: every run is final, its content depends on its number alone, and row r holds run number r. If false,
    /// the newest run comes first and the newest runs change their status as time passes.
    /// </summary>
    public bool Frozen { get; init; }

    /// <summary>True for the runs of an imaginary company (<see cref="DemoRuns"/>), false for runs that tests can compute.</summary>
    public bool Demo { get; init; }

    /// <summary>Interval at which a new run appears at the head of the list; null for never.</summary>
    public TimeSpan? NewRunEvery { get; init; }

    /// <summary>Number of such new runs after which one of them that has ended is deleted; null for never.</summary>
    public int? DeleteAfterNewRuns { get; init; }

    /// <summary>
    /// Row in which such a run is deleted. By default, with a new run every 10 s it has ended, and it is on the first page.
    /// </summary>
    public int DeletedRow { get; init; } = 13;

    public TotalCounts TotalCounts { get; init; } = TotalCounts.Account;

    public SimulatedIndexUnit IndexUnit { get; init; } = SimulatedIndexUnit.Row;

    /// <summary>True if an arrival less than a second after the previous one gets a 429 response.</summary>
    public bool Strict { get; init; } = true;

    /// <summary>Delay of every response.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// True to serve https with a certificate created for this instance: <see cref="SimulatedNclue.Certificate"/>.
    /// </summary>
    public bool UseHttps { get; init; }

    /// <summary>Additional duration of each TLS handshake.</summary>
    public TimeSpan TlsHandshakeDelay { get; init; }

    /// <summary>Clock that stamps arrivals, checks timestamps, advances the runs and measures every delay.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
