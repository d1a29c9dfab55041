using System.Diagnostics.CodeAnalysis;

namespace NclueGateway.Console;

/// <summary>Names the explanations of failures, <c>FailureTexts.resx</c>, for the framework's localizer.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "A type argument only.")]
internal sealed class FailureTexts;
