using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace NclueGateway.Harness;

/// <summary>A separate process that serves the page.</summary>
internal sealed class Contender : IAsyncDisposable
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly Process _process;

    private Contender(string name, int port, Process process) => (Name, Address, _process) = (name, AddressOf(port), process);

    public string Name { get; }

    /// <summary>Address of the page.</summary>
    public Uri Address { get; }

    /// <summary>Process id; that of the parent process if there are several.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Resident memory of the process in bytes.</summary>
    public long Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>
    /// Starts a program and waits until it responds to a valid token with 200. Then checks that it rejects an invalid
    /// token, if it checks tokens.
    /// </summary>
    /// <param name="name">Name in the results.</param>
    /// <param name="port">Port on 127.0.0.1.</param>
    /// <param name="token">A valid access token.</param>
    /// <param name="checksTokens">True if the program must reject an invalid token.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="settings">Environment variables in addition to those of this process.</param>
    /// <param name="output">File that receives the standard output; null to discard it.</param>
    /// <exception cref="InvalidOperationException">
    /// The program exited, did not respond with 200 within a minute, or does not handle an invalid token as expected.
    /// </exception>
    public static async Task<Contender> StartAsync(
        string name,
        int port,
        string token,
        bool checksTokens,
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string>? settings = null,
        string? output = null)
    {
        // A shell redirects the output to the file, so that it does not pass through this process.
        // `env` sets the variables, because a shell drops variables whose names contain dots.
        var environment = (settings ?? new Dictionary<string, string>()).Select(setting => $"{setting.Key}={setting.Value}");
        string[] shell = ["-c", "out=$1; shift; exec \"$@\" >> \"$out\"", "sh", output ?? "/dev/null"];
        string[] arguments = [.. shell, "env", .. environment, .. command];
        var start = new ProcessStartInfo("/bin/sh", arguments) { UseShellExecute = false };
        var contender = new Contender(name, port, Process.Start(start)!);
        try
        {
            await contender.UntilItRespondsAsync(token, checksTokens);
            return contender;
        }
        catch
        {
            await contender.DisposeAsync();
            throw;
        }
    }

    public static Uri AddressOf(int port) => new($"http://127.0.0.1:{port}/api/task-runs?index=0&limit=20");

    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>
    /// Returns the processor time of its processes so far, in user and system mode (<c>/proc/&lt;pid&gt;/stat</c>,
    /// hundredths of a second).
    /// </summary>
    public TimeSpan Computed()
    {
        var ticks = Directory.EnumerateDirectories("/proc")
            .Select(folder => Path.Combine(folder, "stat"))
            .Where(File.Exists)
            .Select(Read)
            .OfType<string[]>()
            .Where(stat => stat[0] == Id || stat[1] == Id)
            .Sum(stat => long.Parse(stat[2], CultureInfo.InvariantCulture) + long.Parse(stat[3], CultureInfo.InvariantCulture));
        return TimeSpan.FromMilliseconds(10 * ticks);

        // proc_pid_stat(5): pid, (name), state, parent, …; fields 14 and 15 are user and system time.
        static string[]? Read(string file)
        {
            try
            {
                var text = File.ReadAllText(file);
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                return [text[..text.IndexOf(' ', StringComparison.Ordinal)], fields[1], fields[11], fields[12]];
            }
            catch (IOException)
            {
                return null; // the process has exited
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", Id]); // the workers of nginx would survive a SIGKILL of the parent
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private string Id => _process.Id.ToString(CultureInfo.InvariantCulture);

    private async Task UntilItRespondsAsync(string token, bool checksTokens)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var started = Clock.GetTimestamp();
        while (await StatusAsync(client, token) != HttpStatusCode.OK)
        {
            if (_process.HasExited || Clock.GetElapsedTime(started) > TimeSpan.FromMinutes(1))
            {
                throw new InvalidOperationException($"{Name} does not respond with 200.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), Clock);
        }

        var tampered = token[..^8] + (token[^8] == 'A' ? 'B' : 'A') + token[^7..];
        if (await StatusAsync(client, tampered) != (checksTokens ? HttpStatusCode.Unauthorized : HttpStatusCode.OK))
        {
            throw new InvalidOperationException($"{Name} handles an invalid token in another way than the measurement expects.");
        }
    }

    private async Task<HttpStatusCode?> StatusAsync(HttpClient client, string token)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null; // it does not listen yet
        }
    }
}
