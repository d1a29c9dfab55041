using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace NclueGateway.Configuration;

/// <summary>
/// The files that settings come from, and what the settings would be if they were read now. They are compared by what is in them: Kubernetes
/// swaps a link two folders up, which no notice of a changed file tells reliably, and a handful of small files costs nothing to read.
/// </summary>
internal sealed class SettingsFiles(IConfigurationBuilder configuration)
{
    /// <summary>What tells one state of the files from another; null while one of them cannot be read, as in the middle of a swap.</summary>
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

    /// <summary>Reads all settings anew, apart from those in use.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is not what it should be, such as JSON.</exception>
    public IConfigurationRoot Read()
    {
        var read = new ConfigurationBuilder();
        foreach (var source in configuration.Sources)
        {
            // One that watches its file would never end to.
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
