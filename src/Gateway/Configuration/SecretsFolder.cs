using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;
using NclueGateway.Hosting;

namespace NclueGateway.Configuration;

/// <summary>
/// Reads settings from files, as Docker and Kubernetes provide secrets: the file <c>Nclue__SecretKey</c> is
/// <c>Nclue:SecretKey</c>. A name without <c>__</c> is ignored: such a file may be for another program, and must not change
/// the addresses that the gateway listens on (<c>urls</c>).
/// </summary>
internal static class SecretsFolder
{
    private const string Separator = "__";

    /// <summary>
    /// Reads the folder of <see cref="OperationsOptions.SecretsFolder"/>, once. A file takes precedence over the environment
    /// variable of the same name, so that an old variable cannot override a new secret. The command line takes precedence over
    /// both.
    /// </summary>
    /// <param name="configuration">The settings as the host has just read them; values set on it directly are lost.</param>
    /// <exception cref="SettingsException">A file cannot be read.</exception>
    public static void AddSecretsFolder(this ConfigurationManager configuration)
    {
        var folder = configuration[$"{OperationsOptions.Section}:{nameof(OperationsOptions.SecretsFolder)}"]
            ?? OperationsOptions.DefaultSecretsFolder;
        if (!Path.IsPathFullyQualified(folder) || !Directory.Exists(folder))
        {
            return; // the options report it if it is a mistake
        }

        var files = new SecretFiles
        {
            FileProvider = new PhysicalFileProvider(folder), // excludes hidden files: Kubernetes keeps its own there
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

    /// <summary>
    /// A source that removes every form of line break. The framework's source removes only this machine's, but editors
    /// on Windows write CR LF.
    /// </summary>
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
