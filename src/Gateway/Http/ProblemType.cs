namespace NclueGateway.Http;

/// <summary>
/// One kind of refusal a caller can meet (RFC 9457 calls it a problem type): its address is <c>/problems/{Slug}</c>, where a page explains
/// it.
/// </summary>
/// <param name="Slug">The last segment of the address; lower case with hyphens; part of the contract, never changed once released.</param>
/// <param name="Status">The HTTP status it is answered with.</param>
/// <param name="Title">A short summary that is the same every time.</param>
/// <param name="Explanation">What happened, for the page.</param>
/// <param name="CallerAdvice">What a caller should do about it, for the page.</param>
/// <param name="OperatorAdvice">What whoever runs the gateway should do about it, for the page.</param>
internal sealed record ProblemType(
    string Slug,
    int Status,
    string Title,
    string Explanation,
    string CallerAdvice,
    string OperatorAdvice)
{
    /// <summary>Further statuses of the same class that it is answered with; none for most.</summary>
    public IReadOnlyList<StatusMeaning> OtherStatuses { get; init; } = [];

    /// <summary>The value of <c>type</c>, without the path base.</summary>
    public string Path => "/problems/" + Slug;
}

/// <summary>What a status means where no problem explains it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Meaning">When it is answered with; a sentence.</param>
internal sealed record StatusMeaning(int Status, string Meaning);
