using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using NclueGateway.Configuration;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests;

/// <summary>
/// The gateway as a process of its own, as it is deployed: settings from the environment, output to the console, signals.
/// </summary>
public sealed class StartUpTests
{
    [Fact]
    [Trait("Needs", "Processes")]
    public async Task Every_mistake_in_the_settings_is_told_at_once_and_no_secret_with_it()
    {
        using var gateway = GatewayProgram.Start(
            new()
            {
                ["Nclue__BaseAddress"] = "http://nclue.example/api/v1",
                ["Nclue__SecretKey"] = "canary-of-a-secret",
                ["Nclue__Timeout"] = "soon",
                ["Nclue__RequestInterval"] = "00:00:00.5",
                ["Nclue__TimeZone"] = "Asia/Atlantis",
                ["Cache__FreshFr"] = "00:00:10",
                ["Auth__Audience"] = "",
                ["ConnectionStrings__Redis"] = "localhost,passwort=canary",
                ["ConnectionStrings__Reddis"] = "localhost",
                ["Cache__KeyPrefix"] = "with {braces}",
                ["Nclue__Account"] = "a b",
            });

        var errors = await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await gateway.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken);

        gateway.ExitCode.ShouldBe(1);
        output.ShouldBeEmpty();
        errors.ShouldNotContain("canary");
        foreach (var key in new[]
        {
            "Nclue:BaseAddress", "Nclue:AccessKey", "Nclue:Timeout", "Nclue:RequestInterval", "Nclue:TimeZone",
            "Cache:FreshFr", "Auth:Authority", "Auth:Audience", "ConnectionStrings:Redis", "ConnectionStrings:Reddis", "Cache:KeyPrefix",
            "Nclue:Account",
        })
        {
            errors.Split('\n').Count(line => line.StartsWith($"  - {key}: ", StringComparison.Ordinal))
                .ShouldBeGreaterThanOrEqualTo(1, key);
        }
    }

    [Theory]
    [InlineData("Production", true, "", "false", "Http:PublicOrigin", "Auth:Session:DataProtectionCertificate")]
    [InlineData("Production", true, "https://gateway.example.com", "false", "Auth:Session:DataProtectionCertificate")]
    [InlineData("Production", false, "", "false", "Http:PublicOrigin")]
    [InlineData("Production", true, "", "true", "Http:PublicOrigin")]
    [InlineData("Production", true, "https://gateway.example.com", "true")]
    [InlineData("Production", false, "https://gateway.example.com", "false")]
    [InlineData("Development", true, "", "false")]
    public void Browser_sign_in_that_is_not_safe_keeps_the_gateway_from_starting(
        string environment, bool hasRedis, string publicOrigin, string allowUnencryptedKeys, params string[] mistaken)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            EnvironmentName = environment,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Nclue:AccessKey"] = "AK",
            ["Nclue:SecretKey"] = "SK",
            ["Auth:Authority"] = "https://id.example.com",
            ["Auth:Audience"] = "gateway",
            ["Auth:Session:ClientId"] = "gateway",
            ["Auth:Session:AllowUnencryptedKeys"] = allowUnencryptedKeys,
            ["Http:PublicOrigin"] = publicOrigin,
            ["ConnectionStrings:Redis"] = hasRedis ? "127.0.0.1:1" : "",
        });

        var mistakes = Record.Exception(() => builder.AddGateway()) is SettingsException exception ? exception.Mistakes : [];

        mistakes.Select(mistake => mistake[..mistake.IndexOf(": ", StringComparison.Ordinal)]).ShouldBe(mistaken);
    }

    [Theory]
    [InlineData("Auth:Authority", "http://id.example.com", "Production", "Auth:RequireHttpsMetadata")]
    [InlineData("Auth:Authority", "https://id.example.com", "Production", "Auth:RequireHttpsMetadata")]
    [InlineData("Auth:Authority", "http://id.example.com", "Staging", "Auth:RequireHttpsMetadata")]
    [InlineData("Auth:Authority", "http://id.example.com", "Development", null)]
    [InlineData("Auth:Authority", "http://localhost:5082", "Production", null)]
    [InlineData("Nclue:BaseAddress", "http://nclue.example.com/api/v1/", "Production", "Nclue:RequireHttps")]
    [InlineData("Nclue:BaseAddress", "https://nclue.example.com/api/v1/", "Production", null)]
    [InlineData("Nclue:BaseAddress", "http://nclue.example.com/api/v1/", "Development", null)]
    public void Connections_to_other_machines_without_TLS_are_warned_of(string key, string address, string environment, string? warned)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Nclue:AccessKey"] = "AK",
            ["Nclue:SecretKey"] = "SK",
            ["Nclue:RequireHttps"] = "false",
            ["Auth:Authority"] = "http://127.0.0.1",
            ["Auth:Audience"] = "gateway",
            ["Auth:RequireHttpsMetadata"] = "false",
            [key] = address,
        };

        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            EnvironmentName = environment,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddInMemoryCollection(settings);
        using var gateway = builder.AddGateway().Services.BuildServiceProvider();

        var found = gateway.GetRequiredService<SettingsWarnings>().All;

        found.Select(warning => warning.Split(' ')[0]).ShouldBe(warned is null ? [] : [warned]);
    }

    [Fact]
    public async Task A_warning_about_the_settings_is_logged_once_at_start()
    {
        await using var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Nclue:RequireHttps"] = "false",
            ["Nclue:BaseAddress"] = "http://nclue.example.com/api/v1/",
        });

        gateway.Logs.GetSnapshot().Single(entry => entry.Level == LogLevel.Warning).Message.ShouldStartWith("Nclue:RequireHttps is false");
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task A_secret_on_the_command_line_keeps_the_gateway_from_starting()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        using var gateway = GatewayProgram.Start(GatewayProgram.Good(issuer), "--Nclue:SecretKey=canary-of-a-secret");

        var errors = await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken);

        gateway.ExitCode.ShouldBe(1);
        errors.ShouldContain("Nclue:SecretKey: a secret on the command line");
        errors.ShouldNotContain("canary");
    }

    [Theory]
    [Trait("Needs", "Processes")]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task With_good_settings_it_responds_logs_in_the_form_of_its_environment_and_ends_cleanly(string environment)
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        var settings = GatewayProgram.Good(issuer);
        settings["ASPNETCORE_ENVIRONMENT"] = environment;
        using var gateway = GatewayProgram.Start(settings);
        var lines = new List<string>();
        var address = await GatewayProgram.ReadAddressAsync(gateway, lines);

        using var client = new HttpClient(new ContractHandler(new SocketsHttpHandler())) { BaseAddress = address };
        var page = await client.GetAsync("/problems/not-found", TestContext.Current.CancellationToken);
        var read = await client.GetAsync("/api/task-runs", TestContext.Current.CancellationToken);
        using (var kill = Process.Start("kill", ["-TERM", $"{gateway.Id}"]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var rest = await gateway.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken);

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        read.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        gateway.ExitCode.ShouldBe(0);
        (await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
        lines.AddRange(rest.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        lines.ShouldAllBe(line => IsJson(line) == (environment == "Production"));
        lines.ShouldAllBe(line => !line.Contains("\"@l\":\"Warning\"") && !line.Contains(" WRN "));
        string.Concat(lines).ShouldNotContain("canary");
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task With_a_certificate_in_the_settings_of_Kestrel_it_speaks_TLS()
    {
        var folder = Directory.CreateTempSubdirectory();
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        using var certificate = SelfSignedCertificate.Create();
        using var key = certificate.GetECDsaPrivateKey()!;
        var settings = GatewayProgram.Good(issuer);
        settings["ASPNETCORE_URLS"] = "https://127.0.0.1:0";
        settings["Kestrel__Certificates__Default__Path"] = Path.Combine(folder.FullName, "gateway.pem");
        settings["Kestrel__Certificates__Default__KeyPath"] = Path.Combine(folder.FullName, "gateway.key");
        settings["Http__PublicOrigin"] = "https://gateway.example.com";
        await File.WriteAllTextAsync(
            settings["Kestrel__Certificates__Default__Path"], certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            settings["Kestrel__Certificates__Default__KeyPath"], key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);

        using var gateway = GatewayProgram.Start(settings);
        var address = (await GatewayProgram.ReadAddressAsync(gateway, []))!;
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, served, _, _) => served!.GetCertHashString() == certificate.Thumbprint;
        using var client = new HttpClient(handler) { BaseAddress = address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/problems") { Headers = { Host = "gateway.example.com" } };
        using var page = await client.SendAsync(request, TestContext.Current.CancellationToken);
        using var plain = new TcpClient(address.Host, address.Port);
        await plain.GetStream().WriteAsync(
            "GET /problems HTTP/1.1\r\nHost: gateway.example.com\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(plain.GetStream());
        var withoutTls = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        gateway.Kill();
        folder.Delete(recursive: true);

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Headers.GetValues("Strict-Transport-Security").ShouldBe(["max-age=31536000"]);
        withoutTls.ShouldNotContain("HTTP/1.1 200");
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task An_address_that_is_taken_ends_it_with_an_exit_code_and_one_line_that_says_why()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var settings = GatewayProgram.Good(issuer);
        settings["ASPNETCORE_URLS"] = $"http://{taken.LocalEndpoint}";

        var (exitCode, output, errors) = await GatewayProgram.RunAsync(settings);

        exitCode.ShouldBe(1);
        errors.ShouldBeEmpty();
        output.Split('\n').Where(line => line.Contains("\"@l\":\"Fatal\"")).ShouldHaveSingleItem().ShouldContain("address already in use");
    }

    [Fact]
    public async Task A_background_service_that_fails_ends_it_with_an_exit_code_and_one_line_that_says_why()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Nclue:AccessKey"] = "AK",
            ["Nclue:SecretKey"] = "SK",
            ["Auth:Authority"] = "https://id.example.com",
            ["Auth:Audience"] = "gateway",
            ["Operations:DrainDelay"] = "00:00:00",
        });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var logs = new FakeLogCollector();
        builder.AddGateway();
        builder.Services.RemoveAll<ILoggerFactory>();
        builder.Services.AddLogging(logging => logging.ClearProviders().AddProvider(new FakeLoggerProvider(logs)));
        builder.Services.AddSingleton<ILoggerFactory, LoggerFactory>();
        builder.Services.AddHostedService<FailingService>();
        await using var gateway = builder.Build();

        var exitCode = await GatewayCommands.ServeAsync(gateway.UseGateway());

        exitCode.ShouldBe(1);
        logs.GetSnapshot().Where(log => log.Level == LogLevel.Critical).ShouldHaveSingleItem()
            .Exception!.Message.ShouldBe("It has failed.");
    }

    private sealed class FailingService : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("It has failed.");
        }
    }

    private static bool IsJson(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.TryGetProperty("@t", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
