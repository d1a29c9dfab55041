namespace NclueGateway.Configuration;

/// <summary>Warnings about valid settings that are unwise: logged once at startup, and reported by <c>check</c>.</summary>
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
