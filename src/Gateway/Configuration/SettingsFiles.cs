using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace NclueGateway.Configuration;

/// <summary>
/// Reads the files of the settings, and detects changes by their content. Kubernetes swaps a link two folders up, which file
/// notifications do not report reliably. A few small files cost almost nothing to read.
/// </summary>
internal sealed class SettingsFiles(IConfigurationBuilder configuration)
{
    /// <summary>Returns a hash of the files' content; null while one of them cannot be read, as in the middle of a swap.</summary>
    public string? Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            foreach (var file in Files())
            {
                hash.AppendData(Encoding.UTF8.GetBytes(file.Name));
                hash.AppendData([0, file.Exists ? (byte)1 : (byte)0]);
                if (file.Exists)
                {
                    using var content = file.CreateReadStream();
                    hash.AppendData(SHA256.HashData(content));
                }
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Reads all settings again, independently of those in use.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file has the wrong format: it is not valid JSON, for example.</exception>
    public IConfigurationRoot Read()
    {
        var read = new ConfigurationBuilder();
        foreach (var source in configuration.Sources)
        {
            // A source that watches its file would never stop doing so.
            read.Add(source is JsonConfigurationSource { ReloadOnChange: true } json
                ? new JsonConfigurationSource { FileProvider = json.FileProvider!, Path = json.Path!, Optional = json.Optional }
                : source);
        }

        return read.Build();
    }

    private IEnumerable<IFileInfo> Files() => configuration.Sources.SelectMany(source => source switch
    {
        JsonConfigurationSource { FileProvider: { } folder, Path: { } path } => [folder.GetFileInfo(path)],
        KeyPerFileConfigurationSource { FileProvider: { } folder } =>
            folder.GetDirectoryContents("").Where(file => !file.IsDirectory).OrderBy(file => file.Name, StringComparer.Ordinal),
        _ => Enumerable.Empty<IFileInfo>(),
    });
}
