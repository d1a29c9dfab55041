namespace NclueGateway.Operations;

/// <summary>The method of a request, for logs.</summary>
internal static class RequestMethod
{
    /// <summary>What OpenTelemetry calls any other method: a caller may send any word as one.</summary>
    public const string Other = "_OTHER";

    private static readonly string[] Known = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"];

    /// <summary>Returns the method where HTTP defines it, else <see cref="Other"/>.</summary>
    public static string Of(HttpRequest request) => Known.Contains(request.Method, StringComparer.Ordinal) ? request.Method : Other;
}
