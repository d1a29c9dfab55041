using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>A Prometheus of its own that scrapes one target each second.</summary>
internal sealed class Prometheus : IAsyncDisposable
{
    private const string Missing =
        "Prometheus is missing. Install it (Debian: apt-get install prometheus; macOS: brew install prometheus).";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("prometheus-");
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly Process _process;
    private readonly Task<string> _errors;

    private Prometheus(string job, Uri target)
    {
        SlowTests.ShouldSayWhatTheyNeed();
        var configuration = Path.Combine(_folder.FullName, "prometheus.yml");
        File.WriteAllText(configuration, $$"""
            global: { scrape_interval: 1s }
            scrape_configs: [{ job_name: {{job}}, static_configs: [{ targets: ['{{target.Authority}}'] }] }]
            """);
        var address = $"127.0.0.1:{Nginx.FreePort()}";
        _http.BaseAddress = new($"http://{address}");
        _process = Start(new ProcessStartInfo(
            "prometheus",
            [
                $"--config.file={configuration}", $"--storage.tsdb.path={_folder.FullName}", $"--web.listen-address={address}",
                "--log.level=warn",
            ])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        });
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts it, and waits until it can be queried.</summary>
    /// <param name="job">The label <c>job</c> of all series.</param>
    /// <param name="target">Address of the target, which has its metrics at <c>/metrics</c>.</param>
    /// <exception cref="InvalidOperationException">There is no Prometheus, or it does not start.</exception>
    public static async Task<Prometheus> StartAsync(string job, Uri target)
    {
        var prometheus = new Prometheus(job, target);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var ready = await prometheus._http.GetAsync(new Uri("/-/ready", UriKind.Relative));
                if (ready.IsSuccessStatusCode)
                {
                    return prometheus;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            if (attempt == 400 || prometheus._process.HasExited)
            {
                await prometheus.DisposeAsync();
                throw new InvalidOperationException($"Prometheus did not start: {await prometheus._errors}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System);
        }
    }

    /// <summary>Returns the values of a query at this moment, without those that are no number.</summary>
    /// <exception cref="HttpRequestException">The query is wrong.</exception>
    public async Task<double[]> QueryAsync(string query)
    {
        var response = await _http.GetStringAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative));
        return
        [
            .. JsonNode.Parse(response)!["data"]!["result"]!.AsArray()
                .Select(sample => double.Parse((string)sample!["value"]![1]!)).Where(double.IsFinite),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException(Missing, missing);
        }
    }
}
