using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace NclueGateway.Budget;

/// <summary>One gateway as deployed: a separate process with settings from its environment.</summary>
internal sealed class GatewayReplica : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output;

    private GatewayReplica(Process process, ConcurrentQueue<string> output, Uri address) =>
        (_process, _output, Address) = (process, output, address);

    public Uri Address { get; }

    /// <summary>True until the replica is about to be stopped or killed; readers may connect to it.</summary>
    public bool IsServing { get; private set; } = true;

    /// <summary>Exit code, after the process has exited.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Lines that the process has written so far.</summary>
    public IReadOnlyCollection<string> Output => _output;

    /// <summary>Starts a gateway on a free port and waits until it listens.</summary>
    /// <param name="settings">Environment of the process.</param>
    /// <param name="program">The gateway's assembly; by default this build's.</param>
    /// <exception cref="InvalidOperationException">The process exited instead.</exception>
    public static async Task<GatewayReplica> StartAsync(IReadOnlyDictionary<string, string> settings, string? program = null)
    {
        var start = new ProcessStartInfo("dotnet", [program ?? typeof(GatewayBuilder).Assembly.Location])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.Contains("__", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var output = new ConcurrentQueue<string>();
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.Exited += (_, _) =>
            listening.TrySetException(new InvalidOperationException($"The gateway exited: {string.Join('\n', output)}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new(process, output, await listening.Task);

        void Take(string? line)
        {
            if (line is null)
            {
                return;
            }

            output.Enqueue(line);
            if (line.IndexOf("http://127.0.0.1:", StringComparison.Ordinal) is >= 0 and var at)
            {
                listening.TrySetResult(new Uri(line[at..].Split('"', ' ')[0]));
            }
        }
    }

    /// <summary>Waits until the replica is ready and has its Redis: a rollout stops the old replica only then.</summary>
    public async Task BecomeHealthyAsync()
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        string? health;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            using var response = await http.GetAsync(new Uri(Address, "/health/ready")); // 503 while it is not ready
            health = await response.Content.ReadAsStringAsync();
        }
        while (health != "Healthy");
    }

    /// <summary>Sends SIGKILL and waits until the process has exited.</summary>
    public async Task KillAsync()
    {
        IsServing = false;
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>
    /// Sends SIGTERM and waits until the process has exited. Its readers change to other replicas first, as with a load
    /// balancer.
    /// </summary>
    public async Task StopAsync()
    {
        IsServing = false;
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
