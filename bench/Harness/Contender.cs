using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace NclueGateway.Harness;

/// <summary>Something that answers the page, as a process of its own.</summary>
internal sealed class Contender : IAsyncDisposable
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly Process _process;

    private Contender(string name, int port, Process process) => (Name, Address, _process) = (name, AddressOf(port), process);

    public string Name { get; }

    /// <summary>Where the page is.</summary>
    public Uri Address { get; }

    /// <summary>The number of its process; the first one, where there are several.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Bytes of it that are in memory.</summary>
    public long Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a program that is to listen on a port, and waits until it answers the page with 200 and refuses it, where it checks tokens, without one.</summary>
    /// <param name="name">What the results call it.</param>
    /// <param name="port">Its port on 127.0.0.1.</param>
    /// <param name="token">A good access token.</param>
    /// <param name="checksTokens">Whether it is to refuse the page to strangers.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="settings">Its environment, beside that of this process.</param>
    /// <param name="output">The file that its standard output goes to; null for none.</param>
    /// <exception cref="InvalidOperationException">It ended, did not answer within a minute, or lets strangers in.</exception>
    public static async Task<Contender> StartAsync(
        string name, int port, string token, bool checksTokens, IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? settings = null, string? output = null)
    {
        // By a shell, so that what it writes goes to the file and not through this process. A shell forgets variables whose names have dots: by env.
        var environment = (settings ?? new Dictionary<string, string>()).Select(setting => $"{setting.Key}={setting.Value}");
        string[] arguments = ["-c", "out=$1; shift; exec \"$@\" >> \"$out\"", "sh", output ?? "/dev/null", "env", .. environment, .. command];
        var start = new ProcessStartInfo("/bin/sh", arguments) { UseShellExecute = false };
        var contender = new Contender(name, port, Process.Start(start)!);
        try
        {
            await contender.UntilItAnswersAsync(token, checksTokens);
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

    /// <summary>The time that its processes have computed so far, in user and in system mode (<c>/proc/&lt;pid&gt;/stat</c>, hundredths of a second).</summary>
    public TimeSpan Computed()
    {
        var processes = Directory.EnumerateDirectories("/proc").Select(folder => Path.Combine(folder, "stat")).Where(File.Exists).Select(Read).OfType<string[]>();
        var ticks = processes.Where(stat => stat[0] == Id || stat[1] == Id).Sum(stat => long.Parse(stat[2], CultureInfo.InvariantCulture) + long.Parse(stat[3], CultureInfo.InvariantCulture));
        return TimeSpan.FromMilliseconds(10 * ticks);

        // proc_pid_stat(5): pid, (name), state, parent, …; user and system time are the 14th and 15th.
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
                return null; // it has ended
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", Id]); // nginx' workers would outlive a SIGKILL
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private string Id => _process.Id.ToString(CultureInfo.InvariantCulture);

    private async Task UntilItAnswersAsync(string token, bool checksTokens)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var started = Clock.GetTimestamp();
        while (await StatusAsync(client, token) != HttpStatusCode.OK)
        {
            if (_process.HasExited || Clock.GetElapsedTime(started) > TimeSpan.FromMinutes(1))
            {
                throw new InvalidOperationException($"{Name} does not answer with 200.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), Clock);
        }

        var tampered = token[..^8] + (token[^8] == 'A' ? 'B' : 'A') + token[^7..];
        if (await StatusAsync(client, tampered) != (checksTokens ? HttpStatusCode.Unauthorized : HttpStatusCode.OK))
        {
            throw new InvalidOperationException($"{Name} does not do what it is measured for: check tokens, or not.");
        }
    }

    private async Task<HttpStatusCode?> StatusAsync(HttpClient client, string token)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Address) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null; // it does not listen yet
        }
    }
}
