using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using NclueGateway.Check;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Check;

/// <summary>A simulated NCLUE, an identity provider, and the settings of a gateway between them. By the real clock.</summary>
internal sealed class CheckedInstallation : IAsyncDisposable
{
    private CheckedInstallation(SimulatedNclue nclue, TestIssuer issuer)
    {
        Nclue = nclue;
        Issuer = issuer;
        Settings = new()
        {
            ["Nclue:BaseAddress"] = nclue.BaseAddress.AbsoluteUri,
            ["Nclue:AccessKey"] = GatewayHost.AccessKey,
            ["Nclue:SecretKey"] = GatewayHost.SecretKey,
            ["Auth:Authority"] = issuer.Address,
            ["Auth:Audience"] = "gateway",
            ["Auth:RequireHttpsMetadata"] = "false",
        };
    }

    public SimulatedNclue Nclue { get; }

    public TestIssuer Issuer { get; }

    public Dictionary<string, string?> Settings { get; }

    public static async Task<CheckedInstallation> StartAsync(SimulatedNclueOptions? nclue = null)
    {
        var upstream = await SimulatedNclue.StartAsync(nclue ?? new(), TestContext.Current.CancellationToken);
        upstream.Keys[GatewayHost.AccessKey] = GatewayHost.SecretKey;
        return new(upstream, await TestIssuer.StartAsync(TimeProvider.System));
    }

    /// <summary>Runs the check once, with a setting changed.</summary>
    public async Task<Checked> CheckAsync(string? key = null, string? value = null, bool callsUpstream = true)
    {
        if (key is not null)
        {
            Settings[key] = value;
        }

        var (exitCode, output) = await RunAsync(Settings, width: null, callsUpstream);
        return Checked.Read(exitCode, output);
    }

    /// <summary>Runs the check. Returns its report as lines of at most that width; as JSON without one.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        Dictionary<string, string?> settings, int? width = null, bool callsUpstream = true)
    {
        var report = await CheckCommand.RunAsync(
            () =>
            {
                var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
                builder.Configuration.AddInMemoryCollection(settings);
                return builder.AddGateway();
            },
            callsUpstream,
            TestContext.Current.CancellationToken);
        return (report.ExitCode, width is { } columns ? report.ToText(columns) : report.ToJson());
    }

    public async ValueTask DisposeAsync()
    {
        await Nclue.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}

/// <summary>The output of <c>check --json</c>.</summary>
internal sealed record Checked(int ExitCode, string Outcome, IReadOnlyList<CheckedThing> Checks, string Text)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    public CheckedThing this[string name] => Checks.Single(check => check.Name == name);

    /// <summary>The names of the parts that have failed.</summary>
    public IEnumerable<string> Failed => Checks.Where(check => check.State == "failed").Select(check => check.Name);

    public static Checked Read(int exitCode, string text)
    {
        var report = JsonSerializer.Deserialize<Document>(text, Json)!;
        return new(exitCode, report.Outcome, report.Checks, text);
    }

    private sealed record Document(string Outcome, IReadOnlyList<CheckedThing> Checks);
}

internal sealed record CheckedThing(
    string Name, string State, string Seen, string? Advice, string? Cause, IReadOnlyList<string>? Signed, IReadOnlyList<string>? Details);
