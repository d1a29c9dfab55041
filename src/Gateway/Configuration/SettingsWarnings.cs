namespace NclueGateway.Configuration;

/// <summary>What is unwise about settings that are valid: logged once at start, and reported by <c>check</c>.</summary>
/// <param name="warnings">Each names the setting and the consequence.</param>
internal sealed partial class SettingsWarnings(IReadOnlyList<string> warnings)
{
    public IReadOnlyList<string> All => warnings;

    public void Log(ILogger logger)
    {
        foreach (var warning in warnings)
        {
            Unwise(logger, warning);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Warning}")]
    private static partial void Unwise(ILogger logger, string warning);
}
