namespace NclueGateway.Http.Pages;

/// <summary>The content of a page with one message.</summary>
/// <param name="Title">The title.</param>
/// <param name="Texts">The paragraphs.</param>
public sealed record PageMessage(string Title, IReadOnlyList<PageText> Texts)
{
    /// <summary>The next step; null without one.</summary>
    public PageLink? Action { get; init; }

    /// <summary>Further links.</summary>
    public IReadOnlyList<PageLink> Links { get; init; } = [];

    /// <summary>The number by which operators find the request in the logs; null to omit it.</summary>
    public string? TraceId { get; init; }

    /// <summary>The address to which the choice of a language returns; null for that of the page.</summary>
    public string? ReturnPath { get; init; }
}

/// <summary>A text of a page.</summary>
/// <param name="Value">The text.</param>
/// <param name="Language">Its language; null for that of the page.</param>
public sealed record PageText(string Value, string? Language = null);

/// <summary>A link of a page.</summary>
/// <param name="Href">The address with the path base.</param>
/// <param name="Text">The text.</param>
public sealed record PageLink(string Href, string Text);
