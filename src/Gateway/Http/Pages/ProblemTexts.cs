using System.Diagnostics.CodeAnalysis;

namespace NclueGateway.Http.Pages;

/// <summary>Names the Korean texts of problems, <c>ProblemTexts.ko.resx</c>, for the framework's localizer.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "A type argument only.")]
internal sealed class ProblemTexts;
