using System.CommandLine;
using NclueGateway.Check;
using NclueGateway.Configuration;
using NclueGateway.Hosting;

namespace NclueGateway;

/// <summary>The command line: the gateway itself, or one of the commands for operators. All other arguments are settings.</summary>
internal static partial class GatewayCommands
{
    private static readonly string[] Help = ["--help", "-h", "-?", "--version"];

    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args)
    {
        ProcessCulture.UseInvariant();

        // Only the first word can be a command: a later one may be the value of a setting, as in "--Nclue:Account check".
        return args is [var first, ..] && (Help.Contains(first) || !SettingArgument.HasForm(first))
            ? RunCommandAsync(args)
            : ServeAsync(args);
    }

    private static Task<int> RunCommandAsync(string[] args)
    {
        var root = new RootCommand(
            "A gateway in front of NCLUE. Without a command it runs. Settings: --Section:Name=value; never secrets.");
        var health = new Command(HealthCommand.Name, "Check that the gateway on this machine responds. Exit code 0 or 1.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        health.SetAction(parsed => HealthCommand.RunAsync(CreateBuilder([.. parsed.UnmatchedTokens]).Configuration));
        root.Add(CheckCommand.Create(settings => CreateGateway(settings)));
        root.Add(health);
        root.SetAction(_ => ServeAsync(args));
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        return parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null, // the host handles signals itself, and drains
        });
    }

    private static async Task<int> ServeAsync(string[] args)
    {
        try
        {
            await using var gateway = CreateGateway(args).Build();
            return await ServeAsync(gateway.UseGateway());
        }
        catch (SettingsException mistakes)
        {
            await System.Console.Error.WriteLineAsync(mistakes.Message);
            return 1;
        }
    }

    /// <summary>Runs the gateway until it is stopped or fails.</summary>
    /// <returns>
    /// The exit code. <c>RunAsync</c> does not distinguish a failed background service from a normal stop, and a supervisor that
    /// restarts the process has to see the difference.
    /// </returns>
    internal static async Task<int> ServeAsync(WebApplication gateway)
    {
        try
        {
            await gateway.StartAsync();
            await gateway.WaitForShutdownAsync();
        }
        catch (OperationCanceledException) when (gateway.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // It was stopped before startup had completed.
        }
        catch (Exception failure)
        {
            LogFailed(gateway.Logger, failure.Message, failure);
            return 1;
        }

        var failed = gateway.Services.GetServices<IHostedService>()
            .OfType<BackgroundService>()
            .FirstOrDefault(service => service.ExecuteTask is { IsFaulted: true });
        return failed is null ? 0 : 1; // the host has logged why, at Critical
    }

    private static WebApplicationBuilder CreateGateway(string[] args)
    {
        var builder = CreateBuilder(args);
        builder.Configuration.AddSecretsFolder();
        return builder.AddGateway();
    }

    // SettingsReload reads changed files, and applies all of their settings or none. The host would apply partial changes.
    private static WebApplicationBuilder CreateBuilder(string[] args) => WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = ["--hostBuilder:reloadConfigOnChange=false", .. args],
        ContentRootPath = AppContext.BaseDirectory,
    });

    [LoggerMessage(1, LogLevel.Critical, "The gateway cannot run and ends with exit code 1: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason, Exception failure);
}
