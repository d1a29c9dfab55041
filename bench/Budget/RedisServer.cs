using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NclueGateway.Budget;

/// <summary>A separate <c>redis-server</c> process on a free port of 127.0.0.1 that stores nothing on disk.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    /// <summary>Error message if <c>redis-server</c> is not installed.</summary>
    public const string Missing = "There is no redis-server on the path. Install it (Debian: apt-get install redis-server).";

    private readonly string[] _arguments;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nclue-redis-");
    private Process? _process;

    private RedisServer(int port, string[] arguments) => (Port, _arguments) = (port, arguments);

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <param name="arguments">Options in addition to those that keep it on loopback and off the disk.</param>
    public static async Task<RedisServer> StartAsync(params string[] arguments)
    {
        var redis = new RedisServer(FreePort(), arguments);
        await redis.StartAsync();
        return redis;
    }

    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>Starts the server, or starts it again without data, and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">redis-server is not installed or does not start.</exception>
    public async Task StartAsync()
    {
        if (!IsInstalled)
        {
            throw new InvalidOperationException(Missing);
        }

        var port = Port.ToString(CultureInfo.InvariantCulture);
        string[] listen = _arguments.Contains("--tls-port") ? ["--port", "0"] : ["--port", port];
        var start = new ProcessStartInfo("redis-server", [
            .. _arguments.Select(argument => argument == "{port}" ? port : argument),
            .. listen, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _folder.FullName])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        var output = _process.StandardOutput.ReadToEndAsync();
        _ = _process.StandardError.ReadToEndAsync();
        for (var attempt = 0; ; attempt++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException) when (attempt < 400 && !_process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System);
            }
            catch (SocketException refused)
            {
                throw new InvalidOperationException($"redis-server did not start: {await output}", refused);
            }
        }
    }

    /// <summary>Kills the server: open connections are reset, and new ones are refused.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            _process = null;
        }
    }

    /// <summary>
    /// Sends the process a signal, such as <c>STOP</c>: then connections stay open, but Redis sends no replies.
    /// </summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }
}
