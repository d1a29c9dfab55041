using System.CommandLine;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Configuration;

namespace NclueGateway.Check;

/// <summary>
/// <c>dotnet Gateway.dll check</c>: checks an installation and reports each result, with advice for what is wrong.
/// </summary>
internal static class CheckCommand
{
    public const string Name = "check";

    /// <param name="createGateway">Builds the gateway from the settings, including those on the command line.</param>
    public static Command Create(Func<string[], WebApplicationBuilder> createGateway)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON, for machines." };
        var noUpstream = new Option<bool>("--no-upstream") { Description = "Do not call NCLUE." };
        var command = new Command(
            Name,
            "Check settings, identity provider, Redis and, with one call, NCLUE. Ends with 0 when nothing failed.")
        {
            json,
            noUpstream,
        };
        command.TreatUnmatchedTokensAsErrors = false; // they are settings
        command.SetAction(async (parsed, stop) =>
        {
            if (parsed.UnmatchedTokens.FirstOrDefault(token => token.StartsWith('-') && !SettingArgument.IsNamed(token)) is { } unknown)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(
                    $"There is no option '{unknown}' (see --help). A setting has its section in front, as in --Nclue:Account=x.");
                return 1;
            }

            var report = await RunAsync(() => createGateway([.. parsed.UnmatchedTokens]), !parsed.GetValue(noUpstream), stop);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                parsed.GetValue(json) ? report.ToJson() : report.ToText(width: System.Console.IsOutputRedirected ? int.MaxValue : 80));
            return report.ExitCode;
        });
        return command;
    }

    /// <summary>Runs the check.</summary>
    /// <param name="createGateway">Builds the gateway.</param>
    /// <param name="callsUpstream">True if one request to NCLUE may be sent.</param>
    /// <param name="stop">Cancels the check.</param>
    public static async Task<CheckReport> RunAsync(
        Func<WebApplicationBuilder> createGateway, bool callsUpstream, CancellationToken stop)
    {
        WebApplicationBuilder builder;
        try
        {
            builder = createGateway();
        }
        catch (SettingsException mistakes)
        {
            return InstallationCheck.Of(mistakes);
        }

        // The report contains all results; log lines would only make it harder to read.
        builder.Services.RemoveAll<ILoggerFactory>();
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        await using var gateway = builder.Build(); // and not started
        return await new InstallationCheck(gateway.Services, gateway.Environment.EnvironmentName, callsUpstream).RunAsync(stop);
    }
}
