using System.Globalization;

namespace NclueGateway.Hosting;

/// <summary>The culture and the Unicode data of this process.</summary>
internal static class ProcessCulture
{
    /// <summary>
    /// True if the runtime has loaded ICU. Without it (<c>DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1</c>)
    /// <see cref="string.Normalize()"/> returns all other texts than ASCII as they are.
    /// </summary>
    public static bool HasUnicodeData { get; } = "e\u0301".Normalize() == "\u00e9";

    /// <summary>
    /// Makes the invariant culture the default of all threads, in place of the machine's (<c>LANG</c>). The analyzers check our
    /// own calls, but not interpolated strings, nor the code of libraries.
    /// </summary>
    public static void UseInvariant() =>
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
}
