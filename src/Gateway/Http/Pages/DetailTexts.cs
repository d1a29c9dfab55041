using System.Diagnostics.CodeAnalysis;

namespace NclueGateway.Http.Pages;

/// <summary>
/// Names the Korean texts of the details of problems, <c>DetailTexts.ko.resx</c>, for the framework's localizer. Their keys are the English
/// texts, which are part of the API.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "A type argument only.")]
internal sealed class DetailTexts;
