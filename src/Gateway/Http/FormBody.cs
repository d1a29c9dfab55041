using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>Reads bodies of forms.</summary>
internal static class FormBody
{
    /// <summary>Returns the fields of a form; null for a body that is none.</summary>
    public static async Task<IFormCollection?> ReadAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or NotSupportedException
            || (unreadable is IOException and not BadHttpRequestException))
        {
            // Too many fields or too long ones; a charset that .NET refuses to read, such as UTF-7; a chunk size that is no int.
            // An error for which the server itself has a status goes on to UnhandledExceptionHandler.
            return null;
        }
    }
}
