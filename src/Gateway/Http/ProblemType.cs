namespace NclueGateway.Http;

/// <summary>
/// A problem type (RFC 9457). Its address is <c>/problems/{Slug}</c>, where a page explains it.
/// </summary>
/// <param name="Slug">The last segment of the address; lower case with hyphens; part of the contract, never changed after
/// a release.</param>
/// <param name="Status">The HTTP status of the response.</param>
/// <param name="Title">A short summary that is the same in every response.</param>
/// <param name="Explanation">The cause, for the page.</param>
/// <param name="CallerAdvice">The advice to a caller, for the page.</param>
/// <param name="OperatorAdvice">The advice to an operator of the gateway, for the page.</param>
internal sealed record ProblemType(
    string Slug,
    int Status,
    string Title,
    string Explanation,
    string CallerAdvice,
    string OperatorAdvice)
{
    /// <summary>Further statuses of the same class that responses with this problem may have; none for most.</summary>
    public IReadOnlyList<StatusMeaning> OtherStatuses { get; init; } = [];

    /// <summary>The value of <c>type</c>, without the path base.</summary>
    public string Path => "/problems/" + Slug;
}

/// <summary>A status and the condition under which it is sent.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Meaning">The condition under which it is sent; a sentence.</param>
internal sealed record StatusMeaning(int Status, string Meaning);
