using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>Reads <c>Accept-Encoding</c> (RFC 9110 §12.5.3). Malformed elements are ignored.</summary>
internal static class ContentCodings
{
    public const string Gzip = "gzip";
    public const string Brotli = "br";

    /// <summary>
    /// Returns the coding that the client prefers; of equally preferred ones, the one that compresses best. Null means no
    /// coding, and is the result in doubt.
    /// </summary>
    public static string? Choose(StringValues acceptEncoding)
    {
        // A coding is a token, so no comma is quoted.
        var accepted = HeaderList.Parse<StringWithQualityHeaderValue>(
            acceptEncoding.SelectMany(line => line!.Split(',')), StringWithQualityHeaderValue.TryParse);
        var brotli = Quality(Brotli) ?? Quality("*") ?? 0;
        var gzip = Quality(Gzip) ?? Quality("*") ?? 0;
        var best = Math.Max(brotli, gzip);

        // If the field does not name "identity", sending without a coding is acceptable too, but with a lower preference
        // than named codings.
        return best == 0 || best < (Quality("identity") ?? 0) ? null : brotli == best ? Brotli : Gzip;

        double? Quality(string name)
        {
            var element = accepted.FirstOrDefault(value => value.Value.Equals(name, StringComparison.OrdinalIgnoreCase));
            return element is null ? null : element.Quality ?? 1;
        }
    }
}
