namespace NclueGateway.Http;

/// <summary>
/// Serves the gateway below a path of its host (<see cref="HttpOptions.PathBase"/>). Some proxies remove that path from a
/// request and others forward it; in both cases it is set as <see cref="HttpRequest.PathBase"/>, with which every link to
/// the gateway begins.
/// </summary>
internal static class PublicPath
{
    /// <summary>
    /// The first segments of the gateway's own paths. With one of them as the path base, the gateway could not tell
    /// whether a proxy has removed it.
    /// </summary>
    private static readonly string[] OwnSegments =
        ["api", "console", "health", "metrics", "openapi", "pages", "problems", "session", "swagger"];

    /// <summary>Returns the error in the setting, or null if it is valid.</summary>
    public static string? Validate(string path)
    {
        var segments = path.Split('/');
        if (segments is not ["", _, ..] || !segments[1..].All(IsSegment))
        {
            return "it is not a path such as /nclue: it begins with a slash, does not end with one, "
                + "and has letters, digits, '.', '_', '~' and '-' between them.";
        }

        return OwnSegments.Contains(segments[1], StringComparer.OrdinalIgnoreCase)
            ? $"the gateway's own paths begin with /{segments[1]}."
            : null;
    }

    /// <summary>Adds the middleware, before any that reads the path. Does nothing if no path base is set.</summary>
    public static void UsePublicPath(this WebApplication app)
    {
        PathString pathBase = app.Services.GetRequiredService<HttpOptions>().PathBase;
        if (!pathBase.HasValue)
        {
            return;
        }

        app.Use((context, next) =>
        {
            var request = context.Request;
            if (request.Path.StartsWithSegments(pathBase, StringComparison.OrdinalIgnoreCase, out var rest))
            {
                request.Path = rest.HasValue ? rest : "/";
            }

            request.PathBase = pathBase;
            return next(context);
        });
        app.UseRouting(); // here, or the framework would add it before this middleware
    }

    private static bool IsSegment(string text) =>
        text is not ("" or "." or "..") && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '~' or '-');
}
