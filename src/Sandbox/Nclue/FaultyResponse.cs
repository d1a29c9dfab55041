using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>Sends a response with the errors of a <see cref="Fault"/>.</summary>
internal static class FaultyResponse
{
    /// <summary>Number of pieces of a body that is sent with <see cref="Fault.Drip"/>.</summary>
    public const int DripPieces = 20;

    private static readonly byte[] Padding = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));

    /// <summary>Returns the response with the fault's status and body.</summary>
    public static SimulatedResponse Spoil(SimulatedResponse answer, Fault fault)
    {
        if (fault.Status is { } status && status != answer.Status)
        {
            answer = SimulatedResponse.ForStatus(status) with { Refusal = answer.Refusal };
        }

        return fault switch
        {
            { Body: { } body } => answer with { Body = Encoding.UTF8.GetBytes(body) },
            { Garbage: true } => answer with { Body = "<html><body>Bad gateway: 서버 오류</body>"u8.ToArray() },
            { Empty: true } => answer with { Body = default },
            _ => answer,
        };
    }

    /// <summary>Writes the response; closes the connection if the fault demands it.</summary>
    public static async Task SendAsync(
        HttpContext context, SimulatedResponse answer, Fault fault, TimeProvider time, CancellationToken cancellationToken)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        foreach (var (name, value) in fault.Headers ?? new Dictionary<string, string>())
        {
            response.Headers[name] = value;
        }

        if (answer.Status is 204 or 205 or 304 || HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        response.ContentType ??= answer.ContentType;
        if (fault.Oversize is null)
        {
            response.ContentLength = answer.Body.Length;
        }

        await SendBodyAsync(context, fault.Cut ? answer.Body[..(answer.Body.Length / 2)] : answer.Body, fault, time, cancellationToken);
        if (fault.Cut)
        {
            await response.Body.FlushAsync(cancellationToken);
            await context.Features.GetRequiredFeature<ConnectionEnd>().EndAsync(context.RequestAborted);
            return;
        }

        for (var missing = fault.Oversize - answer.Body.Length; missing > 0; missing -= Padding.Length)
        {
            await response.Body.WriteAsync(Padding.AsMemory(0, (int)Math.Min(missing.Value, Padding.Length)), cancellationToken);
        }
    }

    private static async Task SendBodyAsync(
        HttpContext context, ReadOnlyMemory<byte> body, Fault fault, TimeProvider time, CancellationToken cancellationToken)
    {
        if (fault.Drip == TimeSpan.Zero)
        {
            await context.Response.Body.WriteAsync(body, cancellationToken);
            return;
        }

        await context.Response.Body.FlushAsync(cancellationToken);
        var piece = Math.Max(1, (body.Length + DripPieces - 1) / DripPieces);
        for (var start = 0; start < body.Length; start += piece)
        {
            await Task.Delay(fault.Drip, time, cancellationToken);
            await context.Response.Body.WriteAsync(body.Slice(start, Math.Min(piece, body.Length - start)), cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }
    }
}
