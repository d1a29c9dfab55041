using System.Diagnostics.CodeAnalysis;

namespace NclueGateway.Http.Pages;

/// <summary>Names the texts of pages, <c>PageTexts.resx</c>, for the framework's localizer.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "A type argument only.")]
internal sealed class PageTexts;
