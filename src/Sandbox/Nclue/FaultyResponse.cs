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
    public static SimulatedResponse Spoil(SimulatedResponse simulated, Fault fault)
    {
        if (fault.Status is { } status && status != simulated.Status)
        {
            simulated = SimulatedResponse.ForStatus(status) with { Refusal = simulated.Refusal };
        }

        return fault switch
        {
            { Body: { } body } => simulated with { Body = Encoding.UTF8.GetBytes(body) },
            { Garbage: true } => simulated with { Body = "<html><body>Bad gateway: 서버 오류</body>"u8.ToArray() },
            { Empty: true } => simulated with { Body = default },
            _ => simulated,
        };
    }

    /// <summary>Writes the response; closes the connection if the fault demands it.</summary>
    public static async Task SendAsync(
        HttpContext context, SimulatedResponse simulated, Fault fault, TimeProvider time, CancellationToken cancellationToken)
    {
        var response = context.Response;
        response.StatusCode = simulated.Status;
        foreach (var (name, value) in fault.Headers ?? new Dictionary<string, string>())
        {
            response.Headers[name] = value;
        }

        if (simulated.Status is 204 or 205 or 304 || HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        response.ContentType ??= simulated.ContentType;
        if (fault.Oversize is null)
        {
            response.ContentLength = simulated.Body.Length;
        }

        var body = fault.Cut ? simulated.Body[..(simulated.Body.Length / 2)] : simulated.Body;
        await SendBodyAsync(context, body, fault, time, cancellationToken);
        if (fault.Cut)
        {
            await response.Body.FlushAsync(cancellationToken);
            await context.Features.GetRequiredFeature<ConnectionEnd>().EndAsync(context.RequestAborted);
            return;
        }

        for (var missing = fault.Oversize - simulated.Body.Length; missing > 0; missing -= Padding.Length)
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
