using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NclueGateway.Http;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Access;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Http;

/// <summary>Limits on the connections of one machine, which protect other callers.</summary>
public sealed class ConnectionLimiterTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")] // the server ignores it before a request
    public async Task A_new_connection_that_sends_no_request_is_closed_after_ten_seconds(string sent)
    {
        await using var host = await AccessHost.StartAsync();
        using var connection = await RawConnection.OpenAsync(host.Client.BaseAddress!);
        await connection.SendAsync(sent);

        var after = await ClosedAfterAsync(connection, host.Time.Advance);

        after.ShouldBeInRange(RequestLimits.FirstByteWithin, TimeSpan.FromMinutes(1)); // the server may notice late
    }

    [Fact]
    public async Task One_that_has_sent_a_request_may_be_idle_for_longer()
    {
        await using var host = await AccessHost.StartAsync();
        using var connection = await RawConnection.OpenAsync(host.Client.BaseAddress!);
        (await connection.AskAsync()).ShouldBe("200");

        host.Time.Advance(TimeSpan.FromSeconds(60));

        (await connection.IsClosedAsync()).ShouldBeFalse();
        (await connection.AskAsync()).ShouldBe("200");
    }

    [Fact]
    public async Task Over_TLS_a_client_that_is_silent_after_the_handshake_is_one_that_sends_no_request()
    {
        await using var gateway = await StartWithTlsAsync();
        using var silent = await RawConnection.OpenAsync(Tls(gateway));
        using var used = await RawConnection.OpenAsync(Tls(gateway));
        await using var silentTls = await HandshakeAsync(silent);
        await using var usedTls = await HandshakeAsync(used);
        await AskAsync(usedTls);

        var after = await ClosedAfterAsync(silent, gateway.Clock.Advance);

        after.ShouldBeInRange(RequestLimits.FirstRequestWithin, TimeSpan.FromSeconds(70));
        await AskAsync(usedTls);
    }

    [Fact]
    public async Task An_address_gets_its_share_and_the_others_get_theirs()
    {
        await using var host = await AccessHost.StartAsync();
        var gateway = host.Client.BaseAddress!;
        using var first = await RawConnection.OpenAsync(gateway);
        (await first.AskAsync()).ShouldBe("200");
        var rest = await OpenAsync(gateway, RequestLimits.ConnectionsPerAddress - 1);
        (await rest[^1].AskAsync()).ShouldBe("200");

        await UntilNewOnesAsync(gateway, response: null);

        using var other = await RawConnection.OpenAsync(gateway, from: "127.0.0.2");
        (await other.AskAsync()).ShouldBe("200");
        (await first.AskAsync()).ShouldBe("200", "open connections are served");
        Array.ForEach(rest, connection => connection.Dispose());
        await UntilNewOnesAsync(gateway, response: "200");
        host.Logs.GetSnapshot().Where(entry => entry.Category == typeof(ConnectionLimiter).FullName).ShouldHaveSingleItem().Message
            .ShouldStartWith("Connections from 127.0.0.1 are refused: it has 1000 open.");
    }

    [Theory]
    [InlineData("127.0.0.1", null)]
    [InlineData(null, "127.0.0.0/8")]
    public async Task A_known_proxy_may_have_them_all(string? proxy, string? network)
    {
        await using var host = await AccessHost.StartAsync(
            http: new() { KnownProxies = proxy is null ? [] : [proxy], KnownNetworks = network is null ? [] : [network] });

        var connections = await OpenAsync(host.Client.BaseAddress!, RequestLimits.ConnectionsPerAddress + 1);

        (await connections[0].AskAsync()).ShouldBe("200");
        (await connections[^1].AskAsync()).ShouldBe("200");
        Array.ForEach(connections, connection => connection.Dispose());
    }

    [Fact]
    public async Task Operators_are_answered_while_callers_have_taken_all_connections()
    {
        var port = Nginx.FreePort();
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Operations:Port"] = $"{port}" });
        // The last is refused if the host's own client is still connected.
        var flood = await OpenAsync(gateway.Address, RequestLimits.ConnectionsPerAddress);
        await UntilNewOnesAsync(gateway.Address, response: null);
        using var operators = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        foreach (var path in new[] { "/health/live", "/health/ready", "/metrics" })
        {
            using var response = await operators.GetAsync(new Uri(path, UriKind.Relative), Ct);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }

        Array.ForEach(flood, connection => connection.Dispose());
    }

    [Fact]
    public async Task A_silent_connection_does_not_hold_up_the_end()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var silent = await RawConnection.OpenAsync(gateway.Address);

        await gateway.StopAsync().WaitAsync(TimeSpan.FromSeconds(8), TimeProvider.System, Ct); // its clock is frozen
    }

    private static async Task<RawConnection[]> OpenAsync(Uri gateway, int count)
    {
        var connections = new RawConnection[count];
        for (var n = 0; n < count; n++)
        {
            connections[n] = await RawConnection.OpenAsync(gateway);
        }

        return connections;
    }

    /// <summary>Waits for the server's count, which follows the opening and closing of a connection with a delay.</summary>
    private static Task<string?> UntilNewOnesAsync(Uri gateway, string? response) => ReplicaSettings.EventuallyAsync(
        async () =>
        {
            try
            {
                using var connection = await RawConnection.OpenAsync(gateway);
                return await connection.AskAsync();
            }
            catch (SocketException)
            {
                return null; // reset before the client noticed that it was open
            }
        },
        status => status == response);

    /// <summary>Advances the clock by one second at a time until the server has closed the connection.</summary>
    private static async Task<TimeSpan> ClosedAfterAsync(RawConnection connection, Action<TimeSpan> advance)
    {
        var passed = TimeSpan.Zero;
        while (!await connection.IsClosedAsync() && passed < RequestLimits.KeepAlive)
        {
            advance(TimeSpan.FromSeconds(1));
            passed += TimeSpan.FromSeconds(1);
        }

        return passed;
    }

    private static async Task<GatewayHost> StartWithTlsAsync()
    {
        using var certificate = SelfSignedCertificate.Create();
        using var key = certificate.GetECDsaPrivateKey()!;
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), Ct);
        return await GatewayHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:A:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:B:Url"] = "https://127.0.0.1:0",
            ["Kestrel:Endpoints:B:Certificate:Path"] = file,
            ["Kestrel:Endpoints:B:Certificate:KeyPath"] = file,
        });
    }

    private static Uri Tls(GatewayHost gateway) => gateway.Addresses.Single(address => address.Scheme == "https");

    private static async Task<SslStream> HandshakeAsync(RawConnection connection)
    {
        var tls = new SslStream(connection.Stream, leaveInnerStreamOpen: true, (_, served, _, _) => served is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Ct);
        return tls;
    }

    private static async Task AskAsync(SslStream tls)
    {
        await tls.WriteAsync("HEAD /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n"u8.ToArray(), Ct);
        var response = new byte[4096];
        var read = await tls.ReadAsync(response, Ct);
        Encoding.Latin1.GetString(response, 0, read).ShouldStartWith("HTTP/1.1 200 ");
    }
}
