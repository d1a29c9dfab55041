using NclueGateway.Hosting;
namespace NclueGateway.Upstream.Signing;

/// <summary>
/// The NCP keys of the gateway, and the pair in use. With two pairs, the gateway switches to the other pair when NCP
/// refuses the pair in use. The first replica that switches informs the other replicas through Redis.
/// </summary>
/// <remarks>
/// Replicas exchange no part of a key, only a number, the generation. It counts the changes of the pair in use. An even
/// generation means the current pair (<c>Nclue:AccessKey</c>), an odd one the next pair (<c>Nclue:NextAccessKey</c>). A
/// replica with one pair uses it at any generation.
/// </remarks>
[LogCategory("NclueGateway.Nclue.NclueCredentials")]
internal sealed partial class NclueCredentials(NclueKeys keys, ILogger<NclueCredentials> log)
{
    private readonly Lock _lock = new();
    private NclueKeys _keys = keys;
    private long _accepted; // the highest generation that NCP has accepted, from this or another replica
    private long _generation; // of the pair in use, which NCP may not have accepted yet
    private int _refused; // pairs in a row
    private int _version; // of the settings

    /// <summary>Raised when reloaded settings contain other keys, so that earlier refusals no longer count.</summary>
    public event EventHandler? Replaced;

    /// <summary>Pair to sign with.</summary>
    public NclueKey InUse
    {
        get
        {
            lock (_lock)
            {
                return (IsNext ? _keys.Next! : _keys.Current) with { Generation = _generation, Version = _version };
            }
        }
    }

    /// <summary>Highest generation that NCP has accepted, from this replica or another.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    private bool HasNext => _keys.Next is not null;

    private bool IsNext => HasNext && _generation % 2 != 0;

    /// <summary>Records that NCP has accepted a request signed with this pair.</summary>
    public void Accept(NclueKey key)
    {
        lock (_lock)
        {
            if (key.Version != _version || key.Generation != _generation)
            {
                return; // not about the pair in use
            }

            _refused = 0;
            if (HasNext && _generation > _accepted)
            {
                _accepted = _generation;
                LogAccepted(log, _generation, Name);
            }
        }
    }

    /// <summary>Records that NCP has refused a request signed with this pair.</summary>
    /// <returns>True if there is a pair that NCP has not refused since: the request may then be retried at once.</returns>
    public bool Refuse(NclueKey key)
    {
        lock (_lock)
        {
            if (key.Version != _version)
            {
                return true;
            }

            var pairs = HasNext ? 2 : 1;
            if (key.Generation == _generation)
            {
                _refused++;
                if (HasNext)
                {
                    var refused = Name;
                    _generation++;
                    LogRefused(log, refused, Name);
                }
            }

            return _refused < pairs;
        }
    }

    /// <summary>Records a generation that NCP has accepted from another replica.</summary>
    public void Learn(long generation)
    {
        lock (_lock)
        {
            if (generation <= _accepted)
            {
                return;
            }

            _accepted = generation;
            if (generation > _generation)
            {
                _generation = generation;
                _refused = 0;
                if (HasNext)
                {
                    LogLearned(log, generation, Name);
                }
            }
        }
    }

    /// <summary>Applies the keys of reloaded settings.</summary>
    public void Replace(NclueKeys keys)
    {
        lock (_lock)
        {
            if (keys == _keys)
            {
                return;
            }

            _keys = keys;
            _version++;
            _generation = _accepted;
            _refused = 0;
            LogReplaced(log, HasNext ? "two pairs" : "one pair");
        }

        Replaced?.Invoke(this, EventArgs.Empty);
    }

    private string Name => IsNext ? "next" : "current";

    [LoggerMessage(LogLevel.Warning, "NCP refused the {Refused} key pair. The gateway now uses the {Other} pair.")]
    private static partial void LogRefused(ILogger logger, string refused, string other);

    [LoggerMessage(LogLevel.Information, "NCP accepts the {Pair} key pair: it is in use from now on (generation {Generation}).")]
    private static partial void LogAccepted(ILogger logger, long generation, string pair);

    [LoggerMessage(
        LogLevel.Information,
        "Another replica found that NCP accepts the {Pair} key pair: it is in use from now on (generation {Generation}).")]
    private static partial void LogLearned(ILogger logger, long generation, string pair);

    [LoggerMessage(LogLevel.Information, "The NCP keys were replaced ({Pairs}).")]
    private static partial void LogReplaced(ILogger logger, string pairs);
}

/// <summary>The pairs of NCP keys in the settings.</summary>
/// <param name="Current">The current pair.</param>
/// <param name="Next">The next pair of a rotation, if there is one.</param>
internal sealed record NclueKeys(NclueKey Current, NclueKey? Next = null);

/// <summary>A pair of NCP keys. Its text form contains neither of them.</summary>
/// <param name="AccessKey">Identifies the account, or a sub account of it.</param>
/// <param name="SecretKey">Key of the signature.</param>
internal sealed record NclueKey(string AccessKey, string SecretKey)
{
    /// <summary>Generation in which this pair is used.</summary>
    public long Generation { get; init; }

    /// <summary>Number of changes of the settings before this pair came into use.</summary>
    public int Version { get; init; }

    public override string ToString() => $"key pair of generation {Generation}";
}

/// <summary>Key and time with which a request was signed.</summary>
/// <param name="Key">The pair.</param>
/// <param name="Time">The time that was signed.</param>
/// <param name="At">The timestamp of the signature.</param>
/// <param name="StringToSign">The string that was signed, with the access key masked, for troubleshooting.</param>
internal sealed record SignedRequest(NclueKey Key, DateTimeOffset Time, long At, string StringToSign);
