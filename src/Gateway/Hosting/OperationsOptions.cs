using System.ComponentModel.DataAnnotations;

namespace NclueGateway.Hosting;

/// <summary>How the gateway is run: the settings under <c>Operations</c>.</summary>
internal sealed class OperationsOptions : IValidatableObject
{
    public const string Section = "Operations";

    /// <summary>Folder in which Docker and Kubernetes mount secrets.</summary>
    public const string DefaultSecretsFolder = "/run/secrets";

    /// <value>
    /// The port on which what is for operators answers, and nothing else does; 0 for none, and then it answers to programs on the same machine
    /// only, where no public host and no proxy is named. 0 to 65535, default 0.
    /// </value>
    [Range(0, 65_535)]
    public int Port { get; set; }

    /// <value>
    /// How long the gateway, told to stop, goes on as before but for saying that it is not ready, so that whoever sends it requests can learn of
    /// it. 0 to 5 min, default 5 s.
    /// </value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <value>
    /// The folder of secrets, one file for each setting, named like its environment variable: <c>Nclue__SecretKey</c>. An absolute path; empty for none. Default <c>/run/secrets</c>, which need not be there.
    /// </value>
    public string SecretsFolder { get; set; } = DefaultSecretsFolder;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SecretsFolder.Length > 0 && !Path.IsPathFullyQualified(SecretsFolder))
        {
            yield return new($"'{SecretsFolder}' is not an absolute path.", [nameof(SecretsFolder)]);
        }
        else if (SecretsFolder.Length > 0 && SecretsFolder != DefaultSecretsFolder && !Directory.Exists(SecretsFolder))
        {
            yield return new($"there is no folder '{SecretsFolder}'.", [nameof(SecretsFolder)]);
        }
    }
}
