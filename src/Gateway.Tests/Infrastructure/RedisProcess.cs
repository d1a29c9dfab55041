using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>A <c>redis-server</c> of the test's own, on a free port of loopback and with nothing on disk.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly string[] _arguments;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nclue-redis-");
    private Process? _process;

    private RedisProcess(int port, string[] arguments) => (Port, _arguments) = (port, arguments);

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>How to install what is missing.</summary>
    public const string Missing = "There is no redis-server on the path. Install it (Debian: apt-get install redis-server), or give a Redis in TEST_REDIS.";

    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    /// <param name="arguments">Options beside those that keep it on loopback and off the disk.</param>
    public static Task<RedisProcess> StartAsync(params string[] arguments) => StartOnAsync(FreePort(), arguments);

    public static async Task<RedisProcess> StartOnAsync(int port, params string[] arguments)
    {
        IsInstalled.ShouldBeTrue(Missing);
        var redis = new RedisProcess(port, arguments);
        await redis.StartAsync();
        return redis;
    }

    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>Starts it (again), empty, and waits until it listens.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("redis-server", [
            .. _arguments,
            .. _arguments.Contains("--port") ? Array.Empty<string>() : ["--port", Port.ToString(CultureInfo.InvariantCulture)],
            "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _folder.FullName])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _ = _process.StandardOutput.ReadToEndAsync();
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
        }
    }

    /// <summary>Ends it at once: its connections are reset, and new ones refused.</summary>
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

    /// <summary>Stops it from answering without ending it, or lets it go on: connections stay open.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Runs a command as an administrator.</summary>
    public async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{Address},allowAdmin=true");
        return await connection.GetServer(Address).ExecuteAsync(command, arguments);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }
}
