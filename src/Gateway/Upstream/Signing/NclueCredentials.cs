using NclueGateway.Hosting;
namespace NclueGateway.Upstream.Signing;

/// <summary>
/// The NCP keys of the gateway, and which of them is in use. With two pairs, the one that NCP refuses gives way to the other, and replicas that
/// share Redis learn of it from the first that has found out.
/// </summary>
/// <remarks>
/// What replicas tell each other is a number, the generation, and nothing of a key: it counts how often the pair in use has changed, so that
/// an even one means the current pair (<c>Nclue:AccessKey</c>) and an odd one the next (<c>Nclue:NextAccessKey</c>). A replica with one pair
/// uses that, whatever the number.
/// </remarks>
[LogCategory("NclueGateway.Nclue.NclueCredentials")]
internal sealed partial class NclueCredentials(NclueKeys keys, ILogger<NclueCredentials> log)
{
    private readonly Lock _lock = new();
    private NclueKeys _keys = keys;
    private long _accepted; // the highest generation that NCP has accepted, here or elsewhere
    private long _generation; // of the pair in use, which may be on trial
    private int _refused; // pairs in a row
    private int _version; // of the settings

    /// <summary>Raised when a reload of the settings has brought other keys, so that earlier refusals no longer count.</summary>
    public event EventHandler? Replaced;

    /// <summary>The pair to sign with.</summary>
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

    /// <summary>The highest generation that NCP has accepted of this replica or of another.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    private bool HasNext => _keys.Next is not null;

    private bool IsNext => HasNext && _generation % 2 != 0;

    /// <summary>NCP has answered a request that was signed with this pair.</summary>
    public void Accept(NclueKey key)
    {
        lock (_lock)
        {
            if (key.Version != _version || key.Generation != _generation)
            {
                return; // it says nothing of the pair in use
            }

            _refused = 0;
            if (HasNext && _generation > _accepted)
            {
                _accepted = _generation;
                LogAccepted(log, _generation, Name);
            }
        }
    }

    /// <summary>NCP has refused a request that was signed with this pair.</summary>
    /// <returns>Whether there is a pair that has not been refused since: then the same may be asked again at once, and nothing is wrong yet.</returns>
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

    /// <summary>Another replica has found a pair that NCP accepts.</summary>
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

    /// <summary>Takes the keys of settings that were read again.</summary>
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

    [LoggerMessage(LogLevel.Warning, "NCP refused the {Refused} key pair; the {Other} one is tried.")]
    private static partial void LogRefused(ILogger logger, string refused, string other);

    [LoggerMessage(LogLevel.Information, "NCP accepts the {Pair} key pair: it is in use from now on (generation {Generation}).")]
    private static partial void LogAccepted(ILogger logger, long generation, string pair);

    [LoggerMessage(LogLevel.Information, "Another replica found that NCP accepts the {Pair} key pair: it is in use from now on (generation {Generation}).")]
    private static partial void LogLearned(ILogger logger, long generation, string pair);

    [LoggerMessage(LogLevel.Information, "The NCP keys were replaced ({Pairs}).")]
    private static partial void LogReplaced(ILogger logger, string pairs);
}

/// <summary>The pairs of NCP keys in the settings.</summary>
/// <param name="Current">The current pair.</param>
/// <param name="Next">The pair that is being rotated in, if there is one.</param>
internal sealed record NclueKeys(NclueKey Current, NclueKey? Next = null);

/// <summary>A pair of NCP keys. It prints neither of them.</summary>
/// <param name="AccessKey">Names the account, or a sub account of it.</param>
/// <param name="SecretKey">What signs.</param>
internal sealed record NclueKey(string AccessKey, string SecretKey)
{
    /// <summary>Which change of pairs has put this one in use.</summary>
    public long Generation { get; init; }

    /// <summary>How often the settings had been replaced when it was put in use.</summary>
    public int Version { get; init; }

    public override string ToString() => $"key pair of generation {Generation}";
}

/// <summary>What a request was signed with, and when.</summary>
/// <param name="Key">The pair.</param>
/// <param name="Time">The time that was signed.</param>
/// <param name="At">The timestamp of that moment.</param>
/// <param name="Layout">The string that was signed, with the access key masked: for people who look for a mistake.</param>
internal sealed record SignedRequest(NclueKey Key, DateTimeOffset Time, long At, string Layout);
