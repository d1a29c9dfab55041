namespace NclueGateway.Configuration;

/// <summary>
/// The exception that is thrown for invalid settings. The message lists every error, by key, without the value of any
/// secret.
/// </summary>
public sealed class SettingsException(IReadOnlyCollection<string> mistakes)
    : Exception($"The settings have {mistakes.Count} mistake(s):{string.Concat(mistakes.Select(m => $"\n  - {m}"))}")
{
    /// <summary>One line for each error, starting with the key of the setting.</summary>
    public IReadOnlyCollection<string> Mistakes { get; } = mistakes;
}
