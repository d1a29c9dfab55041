using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;
using NclueGateway.Hosting;

namespace NclueGateway.Configuration;

/// <summary>
/// Settings in files of their own, as Docker and Kubernetes hand out secrets: <c>Nclue__SecretKey</c> in the folder is <c>Nclue:SecretKey</c>.
/// A name without <c>__</c> is no setting: such a file may be there for somebody else, and must not change where the gateway listens
/// (<c>urls</c>).
/// </summary>
internal static class SecretsFolder
{
    private const string Separator = "__";

    /// <summary>
    /// Reads the folder of <see cref="OperationsOptions.SecretsFolder"/>, once. A file wins over the environment variable of the same name, so that
    /// one that is left over from before cannot hold back a new secret; the command line wins over both.
    /// </summary>
    /// <param name="configuration">The settings as the host has just read them: what was set on it by hand is lost.</param>
    /// <exception cref="SettingsException">A file cannot be read.</exception>
    public static void AddSecretsFolder(this ConfigurationManager configuration)
    {
        var folder = configuration[$"{OperationsOptions.Section}:{nameof(OperationsOptions.SecretsFolder)}"] ?? OperationsOptions.DefaultSecretsFolder;
        if (!Path.IsPathFullyQualified(folder) || !Directory.Exists(folder))
        {
            return; // whether that is a mistake is for the options to say
        }

        var files = new SecretFiles
        {
            FileProvider = new PhysicalFileProvider(folder), // leaves out hidden files: Kubernetes keeps its own there
            IgnoreCondition = name => !name.Contains(Separator, StringComparison.Ordinal),
            SectionDelimiter = Separator,
            Optional = true,
        };
        var sources = ((IConfigurationBuilder)configuration).Sources;
        var environment = sources.ToList().FindLastIndex(source => source is EnvironmentVariablesConfigurationSource);
        try
        {
            sources.Insert(environment + 1, files);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"{OperationsOptions.Section}:{nameof(OperationsOptions.SecretsFolder)}: {unreadable.Message}"]);
        }
    }

    /// <summary>The framework's source, which takes away the line break of this machine only; editors on Windows write CR LF.</summary>
    private sealed class SecretFiles : KeyPerFileConfigurationSource, IConfigurationSource
    {
        IConfigurationProvider IConfigurationSource.Build(IConfigurationBuilder builder) => new SecretFilesProvider(this);
    }

    private sealed class SecretFilesProvider(SecretFiles source) : KeyPerFileConfigurationProvider(source)
    {
        public override void Load()
        {
            base.Load();
            foreach (var (key, value) in Data.Where(setting => setting.Value?.EndsWith('\r') == true).ToList())
            {
                Data[key] = value![..^1];
            }
        }
    }
}
