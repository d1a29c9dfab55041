using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using NclueGateway.Hosting;
using NclueGateway.Sandbox;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Hosting;

public sealed class HealthCommandTests
{
    [Fact]
    [Trait("Needs", "Processes")]
    public async Task It_asks_a_gateway_that_runs_with_the_same_address_and_needs_no_other_setting()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        var settings = GatewayProgram.Good(issuer);
        settings["Auth__Authority"] = "http://127.0.0.1:9/"; // so it is not ready, which is no reason to end the process
        using var gateway = GatewayProgram.Start(settings);
        var address = await GatewayProgram.ReadAddressAsync(gateway, []);
        var environment = new Dictionary<string, string> { ["ASPNETCORE_URLS"] = $"{address}" };

        var whileItRuns = await GatewayProgram.RunAsync(environment, HealthCommand.Name);
        gateway.Kill();
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken);
        var afterIts = await GatewayProgram.RunAsync(environment, HealthCommand.Name);

        whileItRuns.ShouldBe((0, $"{address}health/live responded 200.{Environment.NewLine}", ""));
        afterIts.ExitCode.ShouldBe(1);
        afterIts.Output.ShouldBeEmpty();
        afterIts.Errors.ShouldStartWith($"{address}health/live: Connection refused");
    }

    [Theory]
    [InlineData(StatusCodes.Status200OK, false, 0)]
    [InlineData(StatusCodes.Status200OK, true, 0)]
    [InlineData(StatusCodes.Status503ServiceUnavailable, false, 1)]
    [InlineData(StatusCodes.Status302Found, false, 1)]
    public async Task Only_200_is_healthy_over_http_and_https(int status, bool isHttps, int exitCode)
    {
        using var certificate = SelfSignedCertificate.Create();
        await using var app = LoopbackHost.CreateBuilder(0, listen => _ = isHttps ? listen.UseHttps(certificate) : listen).Build();
        app.Run(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/health/live" ? status : StatusCodes.Status404NotFound;
            context.Response.Headers.Location = "/";
            return Task.CompletedTask;
        });
        await app.StartAsync(TestContext.Current.CancellationToken);

        (await HealthCommand.RunAsync(Configuration(("urls", $"{LoopbackHost.AddressOf(app)}")))).ShouldBe(exitCode);
    }

    [Fact]
    public async Task It_asks_the_port_for_operators_where_there_is_one()
    {
        await using var app = LoopbackHost.CreateBuilder(0, listen => _ = listen).Build();
        app.Run(_ => Task.CompletedTask);
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var silent = new TcpListener(IPAddress.Loopback, 0); // the port of callers, who use all of its connections
        silent.Start();
        var settings = (string port) => Configuration(("urls", $"http://{silent.LocalEndpoint}"), ("Operations:Port", port));

        (await HealthCommand.RunAsync(settings($"{LoopbackHost.AddressOf(app).Port}"))).ShouldBe(0);
        (await HealthCommand.RunAsync(settings("0"))).ShouldBe(1);
    }

    [Fact]
    public async Task A_gateway_that_does_not_respond_within_three_seconds_is_not_healthy()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        (await HealthCommand.RunAsync(Configuration(("urls", $"http://{silent.LocalEndpoint}")))).ShouldBe(1);
    }

    [Theory]
    [InlineData("http://*:8080", "http://127.0.0.1:8080/health/live")]
    [InlineData("http://+:8080", "http://127.0.0.1:8080/health/live")]
    [InlineData("http://gateway.example.com:81", "http://127.0.0.1:81/health/live")]
    [InlineData("http://localhost:5000", "http://127.0.0.1:5000/health/live")]
    [InlineData("http://0.0.0.0", "http://127.0.0.1/health/live")]
    [InlineData("https://[::]:8443", "https://127.0.0.1:8443/health/live")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080/health/live")]
    [InlineData("http://10.1.2.3:8080/", "http://10.1.2.3:8080/health/live")]
    [InlineData("http://*:0", null)]
    [InlineData("http://*:65536", null)]
    [InlineData("http://unix:/tmp/gateway.sock", null)]
    [InlineData("ftp://127.0.0.1:21", null)]
    [InlineData("8080", null)]
    public async Task It_asks_on_this_machine_wherever_the_gateway_listens(string listen, string? asked)
    {
        HealthCommand.ToProbe(listen)?.AbsoluteUri.ShouldBe(asked);

        if (asked is null)
        {
            HealthCommand.ToProbe(listen).ShouldBeNull();
            (await HealthCommand.RunAsync(Configuration(("urls", listen)))).ShouldBe(1);
        }
    }

    [Fact]
    public void The_server_listens_where_its_settings_say_in_the_order_of_the_framework()
    {
        ListenAddresses.Of(Configuration()).ShouldBe(["http://localhost:5000"]);
        ListenAddresses.Of(Configuration(("http_ports", "8080; 8081"), ("https_ports", "8443")))
            .ShouldBe(["http://*:8080", "http://*:8081", "https://*:8443"]);
        ListenAddresses.Of(Configuration(("urls", "http://a:1;https://b:2"), ("http_ports", "8080")))
            .ShouldBe(["http://a:1", "https://b:2"]);
        ListenAddresses.OfKestrel(Configuration(
            ("Kestrel:Endpoints:Web:Url", "http://*:7"), ("Kestrel:Endpoints:Other:Protocols", "Http1")))
            .ShouldBe(["http://*:7"]);
    }

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value)).Build();
}
