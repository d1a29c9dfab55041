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

static WebApplicationBuilder CreateBuilder(string[] args) =>
    WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
