using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>A worked example of <c>docs/configuration.md</c>: the settings that it tells people to give for an identity provider.</summary>
internal sealed class ProviderExample
{
    private readonly Dictionary<string, string> _settings;

    private ProviderExample(Dictionary<string, string> settings) => _settings = settings;

    public string Authority => _settings["Auth:Authority"];

    public string Audience => _settings["Auth:Audience"];

    /// <summary>Empty when the example is about tokens alone.</summary>
    public string ClientId => _settings.GetValueOrDefault("Auth:Session:ClientId", "");

    public string this[string key] => _settings[key];

    /// <summary>All that a test can use: the provider lies elsewhere than its issuer says, and the secret is another.</summary>
    public IReadOnlyDictionary<string, string?> Settings => _settings.ToDictionary(
        setting => setting.Key == "Auth:Authority" ? "Auth:Issuer" : setting.Key,
        setting => (string?)(setting.Key == "Auth:Session:ClientSecret" ? TestSignIn.ClientSecret : setting.Value));

    /// <param name="heading">Of the section whose first block of settings it is.</param>
    public static ProviderExample Read(string heading) => new(File.ReadLines(Path.Combine(AppContext.BaseDirectory, "configuration.md"))
        .SkipWhile(line => line != "### " + heading)
        .SkipWhile(line => line != "```sh").Skip(1)
        .TakeWhile(line => line != "```")
        .Select(line => line.Split(" #")[0].Trim().Split('=', 2))
        .ToDictionary(parts => parts[0].Replace("__", ":", StringComparison.Ordinal), parts => parts[1]));
}
