namespace NclueGateway.Http;

/// <summary>
/// Writes the framework's failures (a 404 of the router, a 405, a 415, an unreadable parameter) as problems of the
/// gateway. Only the status is used: the framework's messages may contain text of the request.
/// </summary>
internal sealed class ProblemDetailsAdapter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var status = context.ProblemDetails.Status ?? context.HttpContext.Response.StatusCode;
        return new ValueTask(new ProblemResult(ProblemTypes.ForStatus(status)) { Status = status }.ExecuteAsync(context.HttpContext));
    }
}
