using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NclueGateway.Budget;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Deploy;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace NclueGateway.Tests.Replicas;

/// <summary>Common deployments of Redis. The connection strings are those of <c>docs/configuration.md</c>.</summary>
[Trait("Needs", "RealTime")]
public sealed class RedisDeploymentTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, "200 Healthy")]
    [InlineData(false, "200 Degraded")]
    public async Task Tls_with_a_user_who_may_do_no_more_than_is_needed(bool isTrusted, string readiness)
    {
        var folder = Directory.CreateTempSubdirectory("nclue-tls-");
        var (certificate, key) = (Path.Combine(folder.FullName, "redis.crt"), Path.Combine(folder.FullName, "redis.key"));
        using (var issued = SelfSignedCertificate.Create())
        {
            await File.WriteAllTextAsync(certificate, issued.ExportCertificatePem(), Ct);
            await File.WriteAllTextAsync(key, issued.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), Ct);
        }

        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(8));
        await using var cluster = await Cluster.StartAsync(
            runs: 250, TimeSpan.Zero,
            [
                "--tls-port", "{port}", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no",
                "--user", "default", "off", "--user", "gateway", "on", $">{password}", .. Acl(),
            ]);
        cluster.Settings["ConnectionStrings:Redis"] = $"{cluster.Redis.Address},ssl=true,user=gateway,password={password}";
        if (isTrusted)
        {
            cluster.Settings["SSL_CERT_FILE"] = certificate;
        }

        var replica = await cluster.AddReplicaAsync();
        using var http = new HttpClient(new ContractHandler(new SocketsHttpHandler())) { BaseAddress = replica.Address };
        var token = await cluster.Identity.GetUserTokenAsync("reader-1", Ct);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

        await ReplicaSettings.EventuallyAsync(
            () => http.GetAsync("/api/task-runs", Ct), response => response.StatusCode == HttpStatusCode.OK);
        using var ready = await http.GetAsync("/health/ready", Ct);
        $"{(int)ready.StatusCode} {await ready.Content.ReadAsStringAsync(Ct)}".ShouldBe(readiness);
        replica.Output.ShouldNotContain(line => line.Contains(password));
        if (isTrusted)
        {
            replica.Output.ShouldNotContain(line => line.Contains("\"@l\":"));
            var other = await cluster.AddReplicaAsync();
            using var response = await http.GetAsync(new Uri(other.Address, "/api/task-runs"), Ct);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            cluster.Nclue.Arrivals.Count.ShouldBe(1); // the block came from Redis
        }

        await replica.StopAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Sessions_with_a_user_who_may_do_no_more_than_is_needed()
    {
        await using var redis = await RedisServer.StartAsync(
            ["--user", "default", "off", "--user", "gateway", "on", ">password", .. Acl()]);
        var connectionString = $"{redis.Address},user=gateway,password=password";
        var settings = SessionHost.Settings(("ConnectionStrings:Redis", connectionString), ("Auth:Session:AllowUnencryptedKeys", "true"));
        await using var one = await GatewayHost.StartAsync(settings: settings, environment: "Development");
        await using var two = await one.StartReplicaAsync(settings, one.Clock, environment: "Development");
        using var browser = new CookieClient(one.Address);

        await browser.SignInAsync();
        using var elsewhere = new CookieClient(two.Address) { Session = browser.Session };
        (await StatusAsync(elsewhere)).ShouldBe(HttpStatusCode.OK);
        one.Clock.Advance(TimeSpan.FromMinutes(5));
        (await StatusAsync(elsewhere)).ShouldBe(HttpStatusCode.OK);
        one.Issuer.SignIn.Refreshes.ShouldBe(1);
        using var signedOut = await browser.SendAsync(HttpMethod.Post, "/session/logout");
        signedOut.StatusCode.ShouldBe(HttpStatusCode.OK);
        one.Clock.Advance(TimeSpan.FromSeconds(11));
        (await StatusAsync(elsewhere)).ShouldBe(HttpStatusCode.Unauthorized);
        one.Warnings().ShouldBeEmpty();
        two.Warnings().ShouldBeEmpty();

        await using var connection = await ConnectionMultiplexer.ConnectAsync(connectionString);
        await ShouldBeDeniedAsync(connection.GetDatabase().StringSetAsync("another-application", "x"));
        await ShouldBeDeniedAsync(connection.GetDatabase().HashGetAllAsync("another-application"));
        await ShouldBeDeniedAsync(connection.GetDatabase().ExecuteAsync("SCAN", "0"));
    }

    [Fact]
    public async Task Sentinel_with_a_failover()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var secondary = await RedisServer.StartAsync("--replicaof", "127.0.0.1", Port(primary));
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file,
            $"""
            sentinel monitor company 127.0.0.1 {primary.Port} 1
            sentinel down-after-milliseconds company 500
            sentinel failover-timeout company 3000

            """,
            Ct);
        await using var sentinel = await RedisServer.StartAsync(file, "--sentinel");
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 250 },
            ReplicaSettings.For($"{sentinel.Address},serviceName=company", "sentinel"),
            realTime: true);
        (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.ReadinessAsync()).ShouldBe("200 Healthy");
        await HasSecondaryAsync(sentinel);

        await primary.StopAsync();
        (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        await ReplicaSettings.EventuallyAsync(() => IsPrimaryAsync(secondary), isPrimary => isPrimary);
        await gateway.UntilReadyAsync("200 Healthy");
        (await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, 100)).Runs.ShouldBe(Enumerable.Range(100, 20));
        await ReplicaSettings.EventuallyAsync(() => HoldsAsync(secondary, block: 1), isHeld => isHeld);
        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(1));
        File.Delete(file);
    }

    [Fact]
    public async Task Cluster_of_three_nodes()
    {
        var busPorts = new[] { RedisServer.FreePort(), RedisServer.FreePort(), RedisServer.FreePort() };
        await using var one = await StartNodeAsync(busPorts[0]);
        await using var two = await StartNodeAsync(busPorts[1]);
        await using var three = await StartNodeAsync(busPorts[2]);
        RedisServer[] nodes = [one, two, three];
        await FormClusterAsync(nodes, busPorts);
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 1_000 },
            ReplicaSettings.For(string.Join(',', nodes.Select(node => node.Address)), "cluster"),
            realTime: true);
        foreach (var index in new[] { 0, 100, 200 })
        {
            (await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK, index)).Runs.ShouldBe(Enumerable.Range(index, 20));
        }

        (await gateway.ReadinessAsync()).ShouldBe("200 Healthy");
        gateway.Warnings().ShouldBeEmpty();
        await using var other = await gateway.StartReplicaAsync(ReplicaSettings.For(one.Address, "cluster"));
        (await other.ReadAsync(200)).Runs.ShouldBe(Enumerable.Range(200, 20));
        gateway.Nclue.Arrivals.Count.ShouldBe(3);
    }

    /// <summary>Rights of the gateway's user in Redis, from <c>docs/configuration.md</c>.</summary>
    private static string[] Acl() => [.. DeployedFiles.RedisRights.Split(' ')];

    private static async Task<HttpStatusCode> StatusAsync(CookieClient browser)
    {
        using var response = await browser.GetAsync("/session");
        return response.StatusCode;
    }

    private static async Task ShouldBeDeniedAsync(Task command) =>
        (await command.ShouldThrowAsync<RedisServerException>()).Message.ShouldStartWith("NOPERM");

    private static string Port(RedisServer redis) => redis.Port.ToString(CultureInfo.InvariantCulture);

    private static Task<RedisServer> StartNodeAsync(int busPort) => RedisServer.StartAsync(
        "--cluster-enabled", "yes", "--cluster-port", busPort.ToString(CultureInfo.InvariantCulture), "--cluster-node-timeout", "2000");

    private static async Task FormClusterAsync(RedisServer[] nodes, int[] busPorts)
    {
        const int Slots = 16_384;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(
            $"{string.Join(',', nodes.Select(node => node.Address))},allowAdmin=true");
        for (var n = 0; n < nodes.Length; n++)
        {
            var server = connection.GetServer(nodes[n].Address);
            await server.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", Slots * n / nodes.Length, (Slots * (n + 1) / nodes.Length) - 1);
            await server.ExecuteAsync("CLUSTER", "SET-CONFIG-EPOCH", n + 1);
            for (var other = 0; other < n; other++)
            {
                await server.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", nodes[other].Port, busPorts[other]);
            }
        }

        foreach (var node in nodes)
        {
            await ReplicaSettings.EventuallyAsync(
                async () => (string)(await connection.GetServer(node.Address).ExecuteAsync("CLUSTER", "INFO"))!,
                info => info.Contains("cluster_state:ok") && info.Contains("cluster_known_nodes:3"));
        }
    }

    private static async Task HasSecondaryAsync(RedisServer sentinel)
    {
        await using var connection = await ConnectionMultiplexer.SentinelConnectAsync($"{sentinel.Address},serviceName=company");
        await ReplicaSettings.EventuallyAsync(
            async () => (await connection.GetServer(sentinel.Address).SentinelReplicasAsync("company")).Length, count => count == 1);
    }

    private static async Task<bool> IsPrimaryAsync(RedisServer redis)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        return !connection.GetServer(redis.Address).IsReplica;
    }

    private static async Task<bool> HoldsAsync(RedisServer redis, int block)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        return await connection.GetServer(redis.Address).KeysAsync(pattern: $"nclue-gateway:*:{block}:*").AnyAsync(Ct);
    }
}
