using System.Diagnostics;
using System.Net;
using NclueGateway.Harness;

namespace NclueGateway.Startup;

/// <summary>Result of one start of a program.</summary>
/// <param name="Times">Times from the start to the first 200 of each path, in the order of the paths.</param>
/// <param name="Computing">Processor time until then, on all cores.</param>
/// <param name="Resident">Resident memory in bytes after the last of these responses.</param>
/// <param name="Loaded">Resident memory in bytes after the load; 0 without a load.</param>
internal sealed record Launch(IReadOnlyList<TimeSpan> Times, TimeSpan Computing, long Resident, long Loaded)
{
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Starts a published program on a free port, requests each path until it responds with 200, and kills the program.
    /// </summary>
    /// <param name="program">Path of the <c>.dll</c>.</param>
    /// <param name="settings">Environment variables in addition to those of this process.</param>
    /// <param name="load">Load to run after that; null for none.</param>
    /// <param name="paths">Paths, requested about every 2 ms.</param>
    /// <exception cref="InvalidOperationException">
    /// The program exited or did not respond with 200 within a minute.
    /// </exception>
    public static async Task<Launch> MeasureAsync(
        string program, IReadOnlyDictionary<string, string> settings, Func<HttpClient, Task>? load, params string[] paths)
    {
        var address = new Uri($"http://127.0.0.1:{Contender.FreePort()}");
        var start = new ProcessStartInfo("dotnet", [program])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_URLS"] = address.AbsoluteUri;
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // as in the image
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };
        var started = Clock.GetTimestamp();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            var times = new List<TimeSpan>();
            foreach (var path in paths)
            {
                while (!await RespondsAsync(client, path))
                {
                    if (process.HasExited || Clock.GetElapsedTime(started) > Patience)
                    {
                        throw new InvalidOperationException($"{program} does not respond to {path} with 200.");
                    }

                    await Task.Delay(TimeSpan.FromMilliseconds(2), Clock);
                }

                times.Add(Clock.GetElapsedTime(started));
            }

            process.Refresh();
            var (computing, resident) = (process.TotalProcessorTime, process.WorkingSet64);
            if (load is null)
            {
                return new(times, computing, resident, 0);
            }

            await load(client);
            process.Refresh();
            return new(times, computing, resident, process.WorkingSet64);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            await Task.WhenAll(output, errors);
        }
    }

    private static async Task<bool> RespondsAsync(HttpClient client, string path)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }
}
