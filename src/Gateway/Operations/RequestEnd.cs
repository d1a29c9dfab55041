namespace NclueGateway.Operations;

/// <summary>For what goes around the rest of the request path and has something to do at its end.</summary>
internal static class RequestEnd
{
    /// <summary>
    /// Has the rest answer, and then does something, also when the rest has failed. Makes no state machine for an answer that was there at once, as
    /// nearly all are.
    /// </summary>
    /// <param name="rest">The rest of the path.</param>
    /// <param name="context">The request.</param>
    /// <param name="state">What the last step needs.</param>
    /// <param name="end">The last step; told of the request, the state, and whether the rest has thrown. Must not throw.</param>
    public static Task ThenAsync<T>(this RequestDelegate rest, HttpContext context, T state, Action<HttpContext, T, bool> end)
    {
        Task answering;
        try
        {
            answering = rest(context);
        }
        catch
        {
            end(context, state, true);
            throw;
        }

        if (!answering.IsCompletedSuccessfully)
        {
            return WaitAsync(answering, context, state, end);
        }

        end(context, state, false);
        return Task.CompletedTask;
    }

    private static async Task WaitAsync<T>(Task answering, HttpContext context, T state, Action<HttpContext, T, bool> end)
    {
        var hasFailed = true;
        try
        {
            await answering;
            hasFailed = false;
        }
        finally
        {
            end(context, state, hasFailed);
        }
    }
}
