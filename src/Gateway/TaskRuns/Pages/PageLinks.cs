using System.Globalization;
using System.Text;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// The <c>Link</c> field of a page (RFC 8288): <c>first</c>, <c>prev</c>, <c>next</c> and <c>last</c>. The references
/// are path-absolute, because the <c>Host</c> of a request is not trustworthy. A page without <c>next</c> is the end of
/// the list.
/// </summary>
internal static class PageLinks
{
    /// <summary>Returns the value of the field.</summary>
    /// <param name="path">The path of this resource, with the path base, encoded.</param>
    /// <param name="request">The page.</param>
    /// <param name="extent">The known bounds of the list when the page was created.</param>
    public static string For(string path, PageRequest request, ListBounds extent)
    {
        var links = new StringBuilder(256);
        Add("first", 0);
        var lastIndex = extent.End is { } end ? Math.Max(0, (end - 1) / request.Limit * request.Limit) : long.MaxValue;
        if (request.Index > 0)
        {
            Add("prev", Math.Max(0, Math.Min(request.Index - request.Limit, lastIndex)));
        }

        var next = (long)request.Index + request.Limit;
        if (!(next >= extent.End) && next <= PageRequest.MaxIndex)
        {
            Add("next", next);
        }

        if (extent.Length is not null && lastIndex <= PageRequest.MaxIndex)
        {
            Add("last", lastIndex);
        }

        return links.ToString();

        void Add(string relation, long index) => links.Append(
            CultureInfo.InvariantCulture,
            $"{(links.Length > 0 ? ", " : "")}<{path}?index={index}&limit={request.Limit}>; rel=\"{relation}\"");
    }
}
