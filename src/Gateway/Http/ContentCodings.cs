using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>Reads <c>Accept-Encoding</c> (RFC 9110 §12.5.3). Elements that cannot be parsed are passed over.</summary>
internal static class ContentCodings
{
    public const string Gzip = "gzip";
    public const string Brotli = "br";

    /// <summary>Returns the coding that the client prefers, of equal ones the one that compresses best; null for none, and in doubt.</summary>
    public static string? Choose(StringValues acceptEncoding)
    {
        // A coding is a token, so no comma is quoted.
        var accepted = HeaderList.Parse<StringWithQualityHeaderValue>(
            acceptEncoding.SelectMany(line => line!.Split(',')), StringWithQualityHeaderValue.TryParse);
        var brotli = Quality(Brotli) ?? Quality("*") ?? 0;
        var gzip = Quality(Gzip) ?? Quality("*") ?? 0;
        var best = Math.Max(brotli, gzip);

        // When the field does not name it, no coding is acceptable too, but less than what is named.
        return best == 0 || best < (Quality("identity") ?? 0) ? null : brotli == best ? Brotli : Gzip;

        double? Quality(string name) => accepted.FirstOrDefault(value => value.Value.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } value
            ? value.Quality ?? 1
            : null;
    }
}
