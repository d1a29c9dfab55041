using System.ComponentModel.DataAnnotations;

namespace NclueGateway.Hosting;

/// <summary>Settings for operating the gateway: those under <c>Operations</c>.</summary>
internal sealed class OperationsOptions : IValidatableObject
{
    public const string Section = "Operations";

    /// <summary>Folder in which Docker and Kubernetes mount secrets.</summary>
    public const string DefaultSecretsFolder = "/run/secrets";

    /// <value>
    /// The port that serves the endpoints for operators, and nothing else; 0 for none. Without it these endpoints are
    /// served only to programs on the same machine, and only if neither a public host nor a proxy is configured. 0 to
    /// 65535, default 0.
    /// </value>
    [Range(0, 65_535)]
    public int Port { get; set; }

    /// <value>
    /// The time for which the gateway, at shutdown, keeps serving while it reports that it is not ready, so that load balancers
    /// can notice. 0 to 5 min, default 5 s.
    /// </value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <value>
    /// The folder of secrets, one file for each setting, named like its environment variable: <c>Nclue__SecretKey</c>. An
    /// absolute path; empty for none. Default <c>/run/secrets</c>, which need not exist.
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
