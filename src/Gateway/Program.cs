using NclueGateway;
using NclueGateway.Operations;
using NclueGateway.Settings;

if (args is [HealthCommand.Name, .. var others])
{
    return await HealthCommand.RunAsync(CreateBuilder(others).Configuration);
}

try
{
    var builder = CreateBuilder(args);
    builder.Configuration.AddSecretsFolder();
    var app = builder.AddGateway().Build().UseGateway();
    await app.RunAsync();
    return 0;
}
catch (SettingsException mistakes)
{
    await Console.Error.WriteLineAsync(mistakes.Message);
    return 1;
}

// Changed files are read by SettingsReload, which takes all of what they say or nothing; the host would take what it finds at once.
static WebApplicationBuilder CreateBuilder(string[] args) => WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = ["--hostBuilder:reloadConfigOnChange=false", .. args],
    ContentRootPath = AppContext.BaseDirectory,
});
