using System.CommandLine;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Configuration;

namespace NclueGateway.Check;

/// <summary><c>dotnet Gateway.dll check</c>: says what of an installation is fine, what is not, and what to do.</summary>
internal static class CheckCommand
{
    public const string Name = "check";

    /// <param name="createGateway">Puts the gateway together, from settings of the command line among others.</param>
    public static Command Create(Func<string[], WebApplicationBuilder> createGateway)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON, for machines." };
        var noUpstream = new Option<bool>("--no-upstream") { Description = "Do not call NCLUE." };
        var command = new Command(Name, "Check settings, identity provider, Redis and, with one call, NCLUE. Ends with 0 when nothing failed.")
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

    /// <param name="createGateway">Puts the gateway together.</param>
    /// <param name="callsUpstream">Whether NCLUE may be asked, once.</param>
    /// <param name="format">How the report is written.</param>
    /// <param name="output">Where it is written to.</param>
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

        // What it finds, it says itself: log lines would be in the way of whoever reads it.
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
