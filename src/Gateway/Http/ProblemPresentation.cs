namespace NclueGateway.Http;

/// <summary>Metadata of an endpoint for people, whose problems are pages. A feature of its requests too.</summary>
/// <param name="Create">Returns the page of a problem; its body only, since the problem sets the status and the headers.</param>
internal sealed record ProblemPresentation(Func<HttpContext, ProblemResult, IResult> Create);
