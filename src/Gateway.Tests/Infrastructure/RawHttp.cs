using System.Net.Sockets;
using System.Text;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>Requests byte for byte, as no HTTP client would send them.</summary>
internal static class RawHttp
{
    /// <summary>Sends the text, each character as one byte, and reads until the server closes the connection.</summary>
    public static async Task<string> SendAsync(Uri address, string request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        var response = new MemoryStream();
        try
        {
            await stream.CopyToAsync(response, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // The server resets the connection when it has not read everything: its response came first.
        }

        return Encoding.Latin1.GetString(response.ToArray());
    }
}
