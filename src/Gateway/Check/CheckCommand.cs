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

            return await RunAsync(
                () => createGateway([.. parsed.UnmatchedTokens]),
                !parsed.GetValue(noUpstream),
                parsed.GetValue(json) ? CheckFormat.Json : Console.IsOutputRedirected ? CheckFormat.Lines : CheckFormat.Terminal,
                parsed.InvocationConfiguration.Output,
                stop);
        });
        return command;
    }

    /// <param name="createGateway">Builds the gateway.</param>
    /// <param name="callsUpstream">True if NCLUE may be called, once.</param>
    /// <param name="format">Format of the report.</param>
    /// <param name="output">Target of the report.</param>
    /// <param name="stop">Cancels the check.</param>
    /// <returns>0 when nothing failed, else 1.</returns>
    public static async Task<int> RunAsync(
        Func<WebApplicationBuilder> createGateway, bool callsUpstream, CheckFormat format, TextWriter output, CancellationToken stop)
    {
        var report = await FindAsync(createGateway, callsUpstream, stop);
        if (format == CheckFormat.Json)
        {
            await output.WriteLineAsync(report.ToJson());
        }
        else
        {
            report.WriteLines(output, format == CheckFormat.Terminal ? 80 : int.MaxValue);
        }

        return report.ExitCode;
    }

    private static async Task<CheckReport> FindAsync(Func<WebApplicationBuilder> createGateway, bool callsUpstream, CancellationToken stop)
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

        // The report contains all results: log lines would only be in its way.
        builder.Services.RemoveAll<ILoggerFactory>();
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        await using var gateway = builder.Build(); // and not started
        return await new InstallationCheck(gateway.Services, gateway.Environment.EnvironmentName, callsUpstream).RunAsync(stop);
    }
}

/// <summary>The format of a report.</summary>
internal enum CheckFormat
{
    /// <summary>Lines of at most 80 columns, for a terminal.</summary>
    Terminal,

    /// <summary>Lines of any length, for a file or a pipe.</summary>
    Lines,

    /// <summary>One JSON document.</summary>
    Json,
}
