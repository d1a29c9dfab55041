using System.Text.Json;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>The response of the simulated NCLUE before a <see cref="Fault"/> changes it.</summary>
internal sealed record SimulatedResponse
{
    public required int Status { get; init; }

    public required string ContentType { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>See <see cref="Arrival.Refusal"/>.</summary>
    public string? Refusal { get; init; }

    /// <summary>Returns a list as JSON, with the content type that was observed from the NCP API gateway.</summary>
    public static SimulatedResponse Success(ReadOnlyMemory<byte> json) =>
        new() { Status = StatusCodes.Status200OK, ContentType = "text/plain;charset=UTF-8", Body = json };

    public static SimulatedResponse BadRequest(string details) => Error(400, "100", "Bad Request Exception", details);

    public static SimulatedResponse NotAuthentic(SignatureMistake mistake) =>
        Error(
            401,
            "200",
            "Authentication Failed",
            mistake == SignatureMistake.Missing ? "Authentication information are missing." : "Invalid authentication information.") with
        {
            Refusal = $"authentication: {mistake}",
        };

    public static SimulatedResponse NotFound() => Error(404, "300", "Not Found Exception", details: null);

    public static SimulatedResponse Throttled() => Error(429, "410", "Throttle Limited", "Rate exceeded.");

    /// <summary>
    /// Returns the error that the NCP API gateway documents for a status; a response without a body if it documents
    /// none.
    /// </summary>
    /// <remarks>
    /// <c>api-gov.ncloud-docs.com/docs/api-call-lgc-errorhandling</c>; the most common code if a status has several.
    /// </remarks>
    public static SimulatedResponse ForStatus(int status) => status switch
    {
        400 => BadRequest("Invalid request."),
        401 => NotAuthentic(SignatureMistake.Signature),
        403 => Error(status, "230", "Forbidden", details: null),
        404 => NotFound(),
        429 => Throttled(),
        500 => Error(status, "900", "Unexpected Error", details: null),
        503 => Error(status, "500", "Endpoint Error", details: null),
        504 => Error(status, "510", "Endpoint Timeout", details: null),
        _ => new() { Status = status, ContentType = "text/plain;charset=UTF-8", Body = default },
    };

    private static SimulatedResponse Error(int status, string code, string message, string? details) => new()
    {
        Status = status,
        ContentType = "application/json;charset=UTF-8",
        Body = JsonSerializer.SerializeToUtf8Bytes(new { error = new { errorCode = code, message, details } }),
        Refusal = $"{code} {message}",
    };
}
