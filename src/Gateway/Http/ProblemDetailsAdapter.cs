namespace NclueGateway.Http;

/// <summary>
/// Gives what the framework wants to say about a failure (a 404 of the router, a 405, a 415, an unreadable parameter) the gateway's own
/// form. Only the status is taken over: the framework's sentences may hold text of the request.
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
