using System.Text.Json;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// Handles <c>/_faults</c>: GET returns the active <see cref="Fault"/> (or <c>null</c>), PUT sets one, DELETE removes
/// it.
/// </summary>
internal static class FaultEndpoint
{
    public const string Path = "/_faults";

    public static async Task HandleAsync(HttpContext context, FaultSwitch faults)
    {
        switch (context.Request.Method)
        {
            case "GET":
                break;
            case "PUT" when await ReadAsync(context) is { } fault:
                faults.Current = fault;
                break;
            case "PUT":
                return;
            case "DELETE":
                faults.Current = null;
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                context.Response.Headers.Allow = "GET, PUT, DELETE";
                return;
        }

        await context.Response.WriteAsJsonAsync(faults.Current, Fault.Json, context.RequestAborted);
    }

    private static async Task<Fault?> ReadAsync(HttpContext context)
    {
        string? mistake;
        try
        {
            // The content type is ignored: curl -d sends a form's content type by default.
            var fault = await JsonSerializer.DeserializeAsync<Fault>(context.Request.Body, Fault.Json, context.RequestAborted);
            mistake = fault is null ? "a fault is an object" : fault.Mistake();
            if (mistake is null)
            {
                return fault;
            }
        }
        catch (JsonException exception)
        {
            mistake = exception.Message;
        }

        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        await context.Response.WriteAsync(mistake + "\n", context.RequestAborted);
        return null;
    }
}
