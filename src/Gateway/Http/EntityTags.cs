using Microsoft.Extensions.Primitives;

namespace NclueGateway.Http;

/// <summary>The result of evaluating the preconditions of a request.</summary>
internal enum Precondition
{
    /// <summary>The response is sent.</summary>
    Holds,

    /// <summary>304: the client has this representation.</summary>
    NotModified,

    /// <summary>412: the client requires another representation.</summary>
    Failed,
}

/// <summary>Conditional requests by entity tag (RFC 9110 §8.8.3 and §13).</summary>
/// <remarks>
/// The framework's <c>EntityTagHeaderValue</c> is not used: its list parser is quadratic on malformed lists
/// (dotnet/aspnetcore #66668). This parser is linear.
/// </remarks>
internal static class EntityTags
{
    /// <summary>
    /// Evaluates the preconditions of GET and HEAD in the order of RFC 9110 §13.2.2. No response has
    /// <c>Last-Modified</c>, so conditions with a date are ignored (§13.1.3 and §13.1.4).
    /// </summary>
    /// <param name="request">The headers of the request.</param>
    /// <param name="tag">The strong tag of the representation without a content coding, in its quotes.</param>
    public static Precondition Evaluate(IHeaderDictionary request, string tag)
    {
        if (request.IfMatch is { Count: > 0 } ifMatch && !Contains(ifMatch, tag, isWeak: false))
        {
            return Precondition.Failed;
        }

        return Contains(request.IfNoneMatch, tag, isWeak: true) ? Precondition.NotModified : Precondition.Holds;
    }

    /// <summary>
    /// Sends 412 or 304 if a precondition asks for it. Returns false if the representation is to be sent.
    /// </summary>
    public static async ValueTask<bool> TryRespondAsync(HttpContext context, string tag)
    {
        switch (Evaluate(context.Request.Headers, tag))
        {
            case Precondition.Failed:
                await new ProblemResult(HttpProblems.PreconditionFailed).ExecuteAsync(context);
                return true;
            case Precondition.NotModified:
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Returns true if a list contains the tag, in any content coding, or is <c>*</c>.</summary>
    /// <param name="list">The lines of the field. Each line is read up to its first malformed element.</param>
    /// <param name="tag">The strong tag without a content coding, in its quotes.</param>
    /// <param name="isWeak">True for the weak comparison, in which weak tags of the list match too (§8.8.3.2).</param>
    private static bool Contains(StringValues list, string tag, bool isWeak)
    {
        foreach (var line in list)
        {
            var rest = line.AsSpan().Trim(" \t");
            if (rest is "*")
            {
                return true;
            }

            while (TryTake(ref rest, out var given, out var givenIsWeak))
            {
                if ((isWeak || !givenIsWeak) && IsCodingOf(given, tag.AsSpan(1, tag.Length - 2)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Reads the next tag of a list, without its quotes, and removes it from the list.</summary>
    private static bool TryTake(ref ReadOnlySpan<char> list, out ReadOnlySpan<char> tag, out bool isWeak)
    {
        list = list.TrimStart(" \t,");
        isWeak = list.StartsWith("W/");
        var start = isWeak ? 3 : 1;
        var length = list[(start - 1)..].StartsWith("\"") ? list[start..].IndexOf('"') : -1;
        if (length < 0)
        {
            tag = default;
            return false;
        }

        tag = list.Slice(start, length);
        list = list[(start + length + 1)..];
        return true;
    }

    /// <summary>
    /// Returns true if a tag is <paramref name="tag"/> with or without the suffix of a coding. A proxy that compresses
    /// the response may append one: <c>abc-gzip</c> is our <c>abc</c>. A client may also have a copy in a coding that is
    /// not cached at the moment.
    /// </summary>
    private static bool IsCodingOf(ReadOnlySpan<char> given, ReadOnlySpan<char> tag) =>
        given.StartsWith(tag, StringComparison.Ordinal) && given[tag.Length..] is "" or "-gzip" or "-br";
}
