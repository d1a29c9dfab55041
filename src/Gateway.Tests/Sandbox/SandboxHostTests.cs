using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Text.RegularExpressions;
using NclueGateway.Sandbox;

namespace NclueGateway.Tests.Sandbox;

public sealed class SandboxHostTests
{
    private static readonly SandboxOptions AnyPorts = new() { GatewayPort = 0, NcluePort = 0, IdentityPort = 0, Runs = 30, Moving = false };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_banner_names_what_runs_and_keeps_the_secrets()
    {
        await using var sandbox = await SandboxHost.StartAsync(AnyPorts, Token);

        var banner = await Banner.WriteAsync(sandbox, Token);

        banner.ShouldContain(sandbox.GatewayAddress.AbsoluteUri);
        Regex.Match(banner, "http://[^ \n]+").Value.ShouldBe($"{sandbox.GatewayAddress}console"); // the first address
        banner.ShouldContain(sandbox.Nclue.BaseAddress.AbsoluteUri);
        banner.ShouldContain(sandbox.Nclue.FaultsAddress.AbsoluteUri);
        banner.ShouldContain(sandbox.Identity.Authority.AbsoluteUri);
        banner.ShouldContain("""curl -si -H "Authorization: Bearer ey""");
        banner.ShouldContain("""curl -sN -H "Accept: text/event-stream" -H "Authorization: Bearer ey""");
        var (nclue, identity) = (sandbox.Nclue, sandbox.Identity);
        string[] secrets = [.. nclue.Keys.Values, .. nclue.Keys.Keys, identity.ServiceClientSecret, identity.BrowserClientSecret];
        secrets.ShouldAllBe(secret => !banner.Contains(secret, StringComparison.Ordinal));
        sandbox.Nclue.Runs.Count.ShouldBe(30);
    }

    [Fact]
    public async Task It_accepts_the_pair_that_it_is_given_and_keeps_that_too()
    {
        await using var sandbox = await SandboxHost.StartAsync(AnyPorts with { Keys = ("given-access", "given-secret") }, Token);

        sandbox.Nclue.Keys.ShouldBe([new("given-access", "given-secret")]);
        var banner = await Banner.WriteAsync(sandbox, Token); // the gateway has read with it
        banner.ShouldNotContain("given-");
    }

    [Fact]
    public async Task It_takes_no_redis_key_or_provider_of_the_machine_that_it_runs_on()
    {
        using var sandbox = new Process
        {
            StartInfo = new(
                "dotnet",
                [
                    typeof(SandboxHost).Assembly.Location,
                    "--gateway-port", "0", "--nclue-port", "0", "--identity-port", "0", "--frontend-port", "0",
                ])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                Environment =
                {
                    ["ConnectionStrings__Redis"] = "127.0.0.1:9",
                    ["ASPNETCORE_ConnectionStrings__Redis"] = "127.0.0.1:9",
                    ["DOTNET_ConnectionStrings__Redis"] = "127.0.0.1:9",
                    ["Operations__SecretsFolder"] = "/no/such/folder",
                    ["Nclue__Account"] = "production",
                    ["Nclue__AccessKey"] = "ak-canary",
                    ["Nclue__SecretKey"] = "sk-canary",
                    ["Nclue__NextAccessKey"] = "ak-canary-next",
                    ["Auth__RequiredClaims__tid"] = "a-tenant",
                    ["Auth__ReadScope"] = "another",
                    ["auth__session__dataProtectionCertificate"] = "no certificate",
                    ["Http__PublicOrigin"] = "https://nclue.example.com",
                    ["Kestrel__Endpoints__Other__Url"] = "http://0.0.0.0:0",
                },
            },
        };
        sandbox.Start();
        var lines = new List<string>();
        try
        {
            while (await sandbox.StandardOutput.ReadLineAsync(Token) is { } line)
            {
                lines.Add(line);
                if (line.StartsWith("ey", StringComparison.Ordinal))
                {
                    break; // the banner ends with a token that the gateway has read with
                }
            }
        }
        finally
        {
            sandbox.Kill();
        }

        var output = string.Join('\n', lines);
        lines.Last().ShouldStartWith("ey", customMessage: output);
        output.ShouldNotContain("Redis");
        output.ShouldNotContain("0.0.0.0");
    }

    [Fact]
    public async Task It_ends_when_it_is_told_to()
    {
        using var stop = new CancellationTokenSource();
        await using var sandbox = await SandboxHost.StartAsync(AnyPorts, Token);
        var end = sandbox.WaitForEndAsync(stop.Token);
        end.IsCompleted.ShouldBeFalse();

        await stop.CancelAsync();

        await end.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_replaced()
    {
        await using var first = await SandboxHost.StartAsync(AnyPorts, Token);

        await using var second = await SandboxHost.StartAsync(
            AnyPorts with
            {
                GatewayPort = first.GatewayAddress.Port,
                NcluePort = first.Nclue.BaseAddress.Port,
                IdentityPort = first.Identity.Authority.Port,
            },
            Token);

        second.GatewayAddress.Port.ShouldNotBe(first.GatewayAddress.Port);
        second.Nclue.BaseAddress.Port.ShouldNotBe(first.Nclue.BaseAddress.Port);
        second.Identity.Authority.Port.ShouldNotBe(first.Identity.Authority.Port);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public async Task It_listens_on_loopback_unless_told_otherwise_and_is_known_as_127_0_0_1_in_any_case(string listen)
    {
        await using var sandbox = await SandboxHost.StartAsync(
            listen == "127.0.0.1" ? AnyPorts : AnyPorts with { Listen = IPAddress.Any, FrontendPort = 0 }, Token);

        var banner = await Banner.WriteAsync(sandbox, Token); // checks that all of them respond

        Uri[] addresses = [sandbox.GatewayAddress, sandbox.Nclue.BaseAddress, sandbox.Identity.Authority, sandbox.FrontendAddress];
        addresses.ShouldAllBe(address => address.Host == "127.0.0.1");
        banner.ShouldNotContain("0.0.0.0");
        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
        addresses.Select(address => listeners.Where(listener => listener.Port == address.Port)
                .Select(listener => $"{listener.Address}").ShouldHaveSingleItem())
            .ShouldAllBe(address => address == listen);
    }

    [Fact]
    public void Options_are_read_from_the_command_line()
    {
        SandboxOptions.Parse([]).ShouldBe(new SandboxOptions());
        SandboxOptions.Parse(["--runs", "3", "--gateway-port", "0", "--nclue-port", "1", "--identity-port", "65535"])
            .ShouldBe(new SandboxOptions { Runs = 3, GatewayPort = 0, NcluePort = 1, IdentityPort = 65_535 });
        SandboxOptions.Parse(["--listen", "any"]).ShouldBe(new SandboxOptions { Listen = IPAddress.Any });
        SandboxOptions.Parse(["--listen", "loopback"]).ShouldBe(new SandboxOptions());
        SandboxOptions.Parse(["--moving", "no"]).ShouldBe(new SandboxOptions { Moving = false });
        SandboxOptions.Parse(["--moving", "yes"]).ShouldBe(new SandboxOptions());
    }

    [Theory]
    [InlineData("--listen")]
    [InlineData("--listen", "0.0.0.0")]
    [InlineData("--moving", "maybe")]
    [InlineData("--runs")]
    [InlineData("--runs", "-1")]
    [InlineData("--runs", "100001")]
    [InlineData("--gateway-port", "65536")]
    [InlineData("--help", "1")]
    [InlineData("250")]
    public void Options_that_make_no_sense_are_refused(params string[] args) => SandboxOptions.Parse(args).ShouldBeNull();
}
