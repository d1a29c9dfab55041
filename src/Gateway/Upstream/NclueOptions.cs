using System.ComponentModel.DataAnnotations;
using NclueGateway.Configuration;
using NclueGateway.Http;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Upstream;

/// <summary>Settings of the upstream, under <c>Nclue</c>.</summary>
internal sealed class NclueOptions : IValidatableObject
{
    public const string Section = "Nclue";

    /// <value>
    /// The address that <c>task-runs</c> is appended to. https unless loopback or <see cref="RequireHttps"/> is false; ends in <c>/</c>.
    /// </value>
    [Required]
    public Uri BaseAddress { get; set; } = new("https://nclue.apigw.ntruss.com/api/v1/");

    /// <value>True if <see cref="BaseAddress"/> must be https when it is not loopback. Default true.</value>
    public bool RequireHttps { get; set; } = true;

    /// <value>
    /// The HTTP proxy for requests to NCLUE, such as <c>http://proxy.example.com:3128</c>. Default none: they go directly to NCLUE.
    /// </value>
    public string Proxy { get; set; } = "";

    /// <value>The user name for <see cref="Proxy"/> (Basic authentication). Default none.</value>
    public string ProxyUser { get; set; } = "";

    /// <value>The password that belongs to <see cref="ProxyUser"/>.</value>
    [Secret]
    public string ProxyPassword { get; set; } = "";

    /// <value>
    /// Names the NCP account in Redis: all gateways with the same host and account share one budget. It changes when the keys belong to
    /// another account, and never when they are rotated. Letters, digits, <c>. _ -</c>, at most 64. Default default.
    /// </value>
    [Required, RegularExpression("[A-Za-z0-9._-]{1,64}", ErrorMessage = "it is not 1 to 64 letters, digits, '.', '_' and '-'.")]
    public string Account { get; set; } = "default";

    /// <value>
    /// The access key of the account or of one of its sub accounts. Not a secret by itself, but it does not leave the gateway.
    /// </value>
    [Required, Secret, Reloadable]
    public string AccessKey { get; set; } = "";

    /// <value>The secret key that belongs to <see cref="AccessKey"/>.</value>
    [Required, Secret, Reloadable]
    public string SecretKey { get; set; } = "";

    /// <value>
    /// The access key of the next pair in a rotation. It is used when NCP refuses the current pair, at this or another
    /// replica.
    /// </value>
    [Secret, Reloadable]
    public string NextAccessKey { get; set; } = "";

    /// <value>The secret key that belongs to <see cref="NextAccessKey"/>.</value>
    [Secret, Reloadable]
    public string NextSecretKey { get; set; } = "";

    /// <value>Minimum time between two requests of all replicas together. 1 s to 1 min, default 1.050 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan RequestInterval { get; set; } = TimeSpan.FromMilliseconds(1050);

    /// <value>Maximum number of replicas that run at once. Without Redis, each uses only its share. 1 to 100, default 1.</value>
    [Range(1, 100)]
    public int ReplicaCount { get; set; } = 1;

    /// <value>Maximum duration of a request, body included. 100 ms to 2 min, default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:02:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <value>Maximum length of a response, in bytes. 64 KiB to 64 MiB, default 4 MiB.</value>
    [Range(64 * 1024, 64 * 1024 * 1024)]
    public int MaxResponseBytes { get; set; } = 4 * 1024 * 1024;

    /// <value>
    /// The IANA name of the zone for NCLUE's times without an offset. All responses use it too. Default Asia/Seoul.
    /// </value>
    [Required]
    public string TimeZone { get; set; } = "Asia/Seoul";

    /// <value>The unit of NCLUE's <c>index</c>, which its documentation leaves open. Default Row.</value>
    public IndexUnit IndexUnit { get; set; } = IndexUnit.Row;

    /// <value>Order of NCLUE's list, where the gateway cannot learn it from the responses. Default Auto.</value>
    public NclueOrder Order { get; set; }

    /// <value>The language of the troubleshooting pages that failed runs link to. Default ko.</value>
    public HelpLanguage HelpLanguage { get; set; } = HelpLanguage.Ko;

    /// <summary>
    /// Name of the account in Redis, in braces, so that Redis Cluster keeps its keys together
    /// (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags).
    /// </summary>
    internal string AccountKey => $"{{nclue:{BaseAddress.Authority}:{Account}}}";

    /// <summary>The proxy for requests to NCLUE.</summary>
    internal EgressProxy Egress => new(Section, Proxy, ProxyUser, ProxyPassword);

    /// <summary>The pairs of keys.</summary>
    internal NclueKeys Keys => new(
        new(AccessKey, SecretKey), NextAccessKey.Length > 0 ? new(NextAccessKey, NextSecretKey) : null);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BaseAddress.Scheme is not ("https" or "http"))
        {
            yield return new("it must be an https address.", [nameof(BaseAddress)]);
        }
        else if (BaseAddress.Scheme != Uri.UriSchemeHttps && !BaseAddress.IsLoopback && RequireHttps)
        {
            yield return new(
                "it must be https: anyone who sees a signed request can replay it for 5 minutes.", [nameof(BaseAddress)]);
        }

        if (BaseAddress.UserInfo.Length > 0 || BaseAddress.Query.Length > 0 || BaseAddress.Fragment.Length > 0
            || !BaseAddress.AbsolutePath.EndsWith('/'))
        {
            yield return new("it must end in '/', without user, query and fragment.", [nameof(BaseAddress)]);
        }

        foreach (var mistake in Egress.Validate())
        {
            yield return mistake;
        }

        if (Egress.IsSet && BaseAddress.Scheme != Uri.UriSchemeHttps)
        {
            yield return new(
                "Nclue:BaseAddress must be https: without a tunnel the proxy could replay a signed request for 5 minutes.",
                [nameof(Proxy)]);
        }

        // A key is sent as a header. Without this check, a key with invalid characters would fail only at the first request.
        foreach (var (name, key) in new[] { (nameof(AccessKey), AccessKey), (nameof(NextAccessKey), NextAccessKey) })
        {
            if (key.Any(c => c is <= ' ' or > '~'))
            {
                yield return new("it holds a blank or a character that is not ASCII.", [name]);
            }
        }

        if (NextAccessKey.Length == 0 != (NextSecretKey.Length == 0))
        {
            yield return new("a pair needs both Nclue:NextAccessKey and Nclue:NextSecretKey.", [nameof(NextAccessKey)]);
        }

        if (TimeZone.Length > 0 && !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
        {
            yield return new($"'{TimeZone}' is not a time zone that this machine knows.", [nameof(TimeZone)]);
        }
    }
}

/// <summary>Unit of the upstream's <c>index</c>.</summary>
internal enum IndexUnit
{
    /// <summary>Rows: block n is requested with <c>index=100·n</c>.</summary>
    Row,

    /// <summary>Pages of <c>limit</c> rows: block n is requested with <c>index=n</c>.</summary>
    Page,
}

/// <summary>Order of NCLUE's list, which is not documented.</summary>
internal enum NclueOrder
{
    /// <summary>The gateway learns it from the times of creation.</summary>
    Auto,

    /// <summary>New runs appear in the first rows.</summary>
    NewestFirst,

    /// <summary>New runs appear in the last rows.</summary>
    OldestFirst,
}
