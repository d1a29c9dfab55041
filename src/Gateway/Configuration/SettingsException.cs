namespace NclueGateway.Configuration;

/// <summary>
/// The gateway cannot start with these settings. The message lists every mistake, by key, without the value of any secret.
/// </summary>
public sealed class SettingsException(IReadOnlyCollection<string> mistakes)
    : Exception($"The settings have {mistakes.Count} mistake(s):{string.Concat(mistakes.Select(m => $"\n  - {m}"))}")
{
    /// <summary>One line for each mistake, each starting with the key it is about.</summary>
    public IReadOnlyCollection<string> Mistakes { get; } = mistakes;
}
