namespace NclueGateway.Http;

/// <summary>
/// Serves the gateway below a path of its host (<see cref="HttpOptions.PathBase"/>). Some proxies take that path off a request and others pass
/// it on; either way it ends up in <see cref="HttpRequest.PathBase"/>, with which every reference to the gateway begins.
/// </summary>
internal static class PublicPath
{
    /// <summary>The first segments of the gateway's own paths. Below such a path, one that the proxy took off could not be told from one that it passed on.</summary>
    private static readonly string[] OwnSegments = ["api", "health", "metrics", "openapi", "problems", "session", "swagger"];

    /// <summary>Returns what is wrong with the setting; null if nothing is.</summary>
    public static string? MistakeIn(string path)
    {
        var segments = path.Split('/');
        if (segments is not ["", _, ..] || !segments[1..].All(IsSegment))
        {
            return "it is not a path such as /nclue: it begins with a slash, does not end with one, and has letters, digits, '.', '_', '~' and '-' between them.";
        }

        return OwnSegments.Contains(segments[1], StringComparer.OrdinalIgnoreCase) ? $"the gateway's own paths begin with /{segments[1]}." : null;
    }

    /// <summary>Goes first, before anything that looks at the path. Does nothing where no path is set.</summary>
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
        app.UseRouting(); // which the framework would put in front
    }

    private static bool IsSegment(string text) =>
        text is not ("" or "." or "..") && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '~' or '-');
}
