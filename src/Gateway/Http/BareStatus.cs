namespace NclueGateway.Http;

/// <summary>
/// Gives a failure that has a status and nothing else (the router's 404 and 405) the problem that belongs to it. The framework's middleware for this
/// costs each request a feature and a state machine, also those that do not fail.
/// </summary>
internal sealed class BareStatus(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var answering = next(context);
        return answering.IsCompletedSuccessfully ? FillAsync(context) : WaitAsync(answering, context);
    }

    private static async Task WaitAsync(Task answering, HttpContext context)
    {
        await answering;
        await FillAsync(context);
    }

    private static Task FillAsync(HttpContext context)
    {
        var response = context.Response;
        return response.StatusCode >= 400 && !response.HasStarted && response.ContentLength is null && string.IsNullOrEmpty(response.ContentType)
            ? new ProblemAnswer(Problems.ForStatus(response.StatusCode)) { Status = response.StatusCode }.ExecuteAsync(context)
            : Task.CompletedTask;
    }
}
