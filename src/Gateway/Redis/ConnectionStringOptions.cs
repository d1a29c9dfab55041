using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NclueGateway.Configuration;
using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>The address of Redis: the settings under <c>ConnectionStrings</c>.</summary>
internal sealed partial class ConnectionStringOptions : IValidatableObject
{
    public const string Section = "ConnectionStrings";

    private const string Example = "'redis.example:6380,ssl=true,user=…,password=…'";

    /// <summary>The connection string of Redis.</summary>
    /// <value>
    /// In the format of StackExchange.Redis (https://stackexchange.github.io/StackExchange.Redis/Configuration).
    /// Default none: a single replica keeps its state in memory. Only the password is secret: a log may contain the
    /// address of Redis.
    /// </value>
    [Secret(Part = @"(?i:(?:^|,)\s*password\s*=\s*)([^,]+)")]
    public string Redis { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Redis.Length > 0 && Mistake() is { } mistake)
        {
            yield return new(mistake, [nameof(Redis)]);
        }
    }

    /// <summary>
    /// Returns the error in the connection string. The message contains no part of it, since any part could be the
    /// password.
    /// </summary>
    private string? Mistake()
    {
        var (hasServer, isAfterPassword) = (false, false);
        foreach (var part in Redis.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isAfterPassword && UrlScheme().IsMatch(part))
            {
                return $"it is a URL. Write it as {Example}; 'ssl=true' replaces rediss://, "
                    + "'user=' and 'password=' replace the part before '@'.";
            }

            // StackExchange.Redis distinguishes them the same way: a part without a name is the address of a server.
            if (part.IndexOf('=', StringComparison.Ordinal) > 0)
            {
                isAfterPassword |= part.StartsWith("password", StringComparison.OrdinalIgnoreCase);
            }
            else if (isAfterPassword && (hasServer || !HasPort(Server(part))))
            {
                return "an address follows the password. If it is a part of the password: a password ends at a comma and cannot "
                    + "contain one. Choose a password without commas, and write servers first.";
            }
            else if (!IsAddress(Server(part)))
            {
                return $"a part of it is neither an option nor the address of a server. The format is {Example}.";
            }
            else
            {
                hasServer = true;
            }
        }

        return IsReadable()
            ? null
            : $"it is not a connection string of StackExchange.Redis, such as {Example}. A password cannot contain a comma.";
    }

    private static EndPoint? Server(string part)
    {
        try
        {
            return EndPointCollection.TryParse(part);
        }
        catch (ArgumentException)
        {
            return null; // an invalid port
        }
    }

    // The library accepts nearly every text as a host name; a wrong one fails only when the client connects.
    private static bool IsAddress(EndPoint? server) => server switch
    {
        DnsEndPoint { Host: var host } => Uri.CheckHostName(host) == UriHostNameType.Dns,
        null => false,
        _ => true,
    };

    private static bool HasPort(EndPoint? server) =>
        server is DnsEndPoint { Port: > 0 } or IPEndPoint { Port: > 0 } or UnixDomainSocketEndPoint;

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9+.-]*://", RegexOptions.NonBacktracking)]
    private static partial Regex UrlScheme();

    private bool IsReadable()
    {
        try
        {
            return ConfigurationOptions.Parse(Redis).EndPoints.Count > 0;
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }
}
