namespace NclueGateway.Configuration;

/// <summary>Distinguishes settings on the command line from commands and options.</summary>
internal static class SettingArgument
{
    /// <summary>Settings of the host, which have no section.</summary>
    private static readonly string[] OfTheHost = ["environment", "contentRoot", "applicationName", "urls", "http_ports", "https_ports"];

    /// <summary>Returns true if an argument has the form of a setting, and not of a command.</summary>
    public static bool HasForm(string argument) => argument.StartsWith('-') || argument.StartsWith('/') || argument.Contains('=');

    /// <summary>
    /// Returns true if an argument is a setting and not an option: it has a section or a value, or is a setting of the
    /// host.
    /// </summary>
    public static bool IsNamed(string argument) => argument.Contains(':') || argument.Contains('=')
        || OfTheHost.Contains(argument.TrimStart('-'), StringComparer.OrdinalIgnoreCase);
}
