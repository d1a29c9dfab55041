using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Tests.Configuration;

/// <summary>
/// A gateway process under load, whose secrets are replaced in the way of Kubernetes. By the real clock.
/// </summary>
[Trait("Needs", "RealTime")]
public sealed class SecretsRotationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private int _swaps;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_that_are_swapped_under_load_are_used_within_seconds_and_no_read_fails()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        await using var nclue = await SimulatedNclue.StartAsync(
            new() { Frozen = true, Keys = { ["OLD"] = "old-canary", ["NEW"] = "new-canary" } }, Ct);
        Swap("OLD", "old-canary");
        var settings = GatewayProgram.Good(issuer);
        settings.Remove("Nclue__AccessKey");
        settings.Remove("Nclue__SecretKey");
        settings["Nclue__BaseAddress"] = nclue.BaseAddress.AbsoluteUri;
        settings["Operations__SecretsFolder"] = _folder;
        settings["Cache__FreshFor"] = "00:00:01";
        settings["Quota__RequestsPerSecond"] = settings["Quota__Burst"] = "10000";
        using var gateway = GatewayProgram.Start(settings);
        var lines = new List<string>();
        var address = (await GatewayProgram.ReadAddressAsync(gateway, lines)).ShouldNotBeNull(string.Join("\n", lines));
        var log = gateway.StandardOutput.ReadToEndAsync(Ct);
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issuer.Issue());
        await ReplicaSettings.EventuallyAsync(() => ReadAsync(client), status => status == HttpStatusCode.OK);
        using var end = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 8).Select(_ => ReadAllTheTimeAsync(client, end.Token)).ToList();

        // An invalid file has no effect: here one half of a pair replaces the valid pair.
        Swap("NEW", "");
        var arrived = nclue.Arrivals.Count;
        await nclue.WaitForArrivalsAsync(arrived + 3, Ct);
        nclue.Arrivals.ShouldAllBe(arrival => KeyOf(arrival) == "OLD" && (arrival.Status ?? 200) == 200);

        // The new pair, and then the old one is disabled.
        Swap("NEW", "new-canary");
        nclue.Keys.Remove("OLD");
        var disabledAt = nclue.Arrivals[^1].At;
        await ReplicaSettings.EventuallyAsync(
            () => Task.FromResult(nclue.Arrivals[^1]), arrival => KeyOf(arrival) == "NEW" && arrival.Status == 200);
        var refused = nclue.Arrivals.FirstOrDefault(arrival => arrival.Status == 401)?.At ?? disabledAt;
        var accepted = nclue.Arrivals.First(arrival => KeyOf(arrival) == "NEW").At;
        await end.CancelAsync();
        var reads = await Task.WhenAll(readers);
        gateway.Kill();

        (accepted - refused).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        reads.SelectMany(statuses => statuses).ShouldAllBe(status => status == HttpStatusCode.OK);
        reads.Sum(statuses => statuses.Count).ShouldBeGreaterThan(100);
        var text = string.Join('\n', lines) + await log;
        text.ShouldContain("Changed settings were refused; the previous ones stay in use.");
        text.ShouldContain("Nclue:SecretKey: The SecretKey field is required.");
        text.ShouldContain("The NCP keys were replaced");
        text.ShouldNotContain("canary");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<HttpStatusCode> ReadAsync(HttpClient client)
    {
        using var response = await client.GetAsync(new Uri("/api/task-runs", UriKind.Relative), Ct);
        return response.StatusCode;
    }

    private static async Task<List<HttpStatusCode>> ReadAllTheTimeAsync(HttpClient client, CancellationToken end)
    {
        var statuses = new List<HttpStatusCode>();
        while (!end.IsCancellationRequested)
        {
            statuses.Add(await ReadAsync(client));
            await Task.Yield();
        }

        return statuses;
    }

    private static string KeyOf(Arrival arrival) => arrival.Headers[NcpSignature.AccessKeyHeader].ToString();

    /// <summary>Replaces both files by changing one link.</summary>
    private void Swap(string accessKey, string secretKey)
    {
        var version = $"..{++_swaps}";
        Directory.CreateDirectory(Path.Combine(_folder, version));
        File.WriteAllText(Path.Combine(_folder, version, "Nclue__AccessKey"), accessKey);
        File.WriteAllText(Path.Combine(_folder, version, "Nclue__SecretKey"), secretKey);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data_tmp"), version);
        using var move = System.Diagnostics.Process.Start(
            "mv", ["-T", Path.Combine(_folder, "..data_tmp"), Path.Combine(_folder, "..data")]);
        move.WaitForExit();
        foreach (var name in new[] { "Nclue__AccessKey", "Nclue__SecretKey" }.Where(name => !Path.Exists(Path.Combine(_folder, name))))
        {
            File.CreateSymbolicLink(Path.Combine(_folder, name), Path.Combine("..data", name));
        }
    }
}
