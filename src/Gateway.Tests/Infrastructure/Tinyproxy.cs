using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>A tinyproxy: an HTTP proxy as companies have one between their network and the internet.</summary>
internal sealed class Tinyproxy : IAsyncDisposable
{
    /// <summary>Error message with the remedy when tinyproxy is missing.</summary>
    public const string Missing = "There is no tinyproxy on the path or in /usr/sbin. Install it (Debian: apt-get install tinyproxy-bin).";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nclue-tinyproxy-");
    private readonly int _port = Nginx.FreePort();
    private readonly Process _process;

    private Tinyproxy(string settings)
    {
        File.WriteAllText(PathOf("tinyproxy.conf"), $"""
            Port {_port}
            Listen 127.0.0.1
            LogFile "{PathOf("log")}"
            LogLevel Info
            {settings}

            """);
        _process = Process.Start(new ProcessStartInfo(Find(), ["-d", "-c", PathOf("tinyproxy.conf")])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
    }

    /// <summary>Address of the proxy.</summary>
    public string Address => $"http://127.0.0.1:{_port}";

    /// <summary>First lines of the requests so far, such as <c>CONNECT nclue.example.com:443 HTTP/1.1</c>; refused ones too.</summary>
    public IReadOnlyList<string> Requests =>
    [
        .. File.ReadAllLines(PathOf("log"))
            .Where(line => line.Contains("Request (file descriptor", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf("): ", StringComparison.Ordinal) + 3)..]),
    ];

    /// <summary>Starts it, and waits until it listens.</summary>
    /// <param name="settings">Further lines of its configuration: <c>BasicAuth user password</c>, <c>ConnectPort 443</c>.</param>
    /// <exception cref="InvalidOperationException">There is no tinyproxy, or it does not start.</exception>
    public static async Task<Tinyproxy> StartAsync(string settings = "")
    {
        SlowTests.ShouldSayWhatTheyNeed();
        var proxy = new Tinyproxy(settings);
        for (var attempt = 0; ; attempt++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, proxy._port);
                return proxy;
            }
            catch (SocketException) when (attempt < 400 && !proxy._process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System);
            }
            catch (SocketException refused)
            {
                await proxy.DisposeAsync();
                throw new InvalidOperationException("tinyproxy did not start.", refused);
            }
        }
    }

    /// <summary>Ends it; its port then refuses connections.</summary>
    public Task StopAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(folder => Path.Combine(folder, "tinyproxy")).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException(Missing);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
