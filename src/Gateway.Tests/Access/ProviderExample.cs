using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>The settings of a worked example for an identity provider in <c>docs/configuration.md</c>.</summary>
internal sealed class ProviderExample
{
    private readonly Dictionary<string, string> _settings;

    private ProviderExample(Dictionary<string, string> settings) => _settings = settings;

    public string Authority => _settings["Auth:Authority"];

    public string Audience => _settings["Auth:Audience"];

    /// <summary>The client id; empty when the example is about tokens only.</summary>
    public string ClientId => _settings.GetValueOrDefault("Auth:Session:ClientId", "");

    public string this[string key] => _settings[key];

    /// <summary>The settings that a test can use: without the provider's address and the secret, which differ in a test.</summary>
    public IReadOnlyDictionary<string, string?> Settings => _settings.ToDictionary(
        setting => setting.Key == "Auth:Authority" ? "Auth:Issuer" : setting.Key,
        setting => (string?)(setting.Key == "Auth:Session:ClientSecret" ? TestSignIn.ClientSecret : setting.Value));

    /// <param name="heading">Heading of the section. The example is the section's first block of settings.</param>
    public static ProviderExample Read(string heading) => new(File.ReadLines(Path.Combine(AppContext.BaseDirectory, "configuration.md"))
        .SkipWhile(line => line != "### " + heading)
        .SkipWhile(line => line != "```sh").Skip(1)
        .TakeWhile(line => line != "```")
        .Select(line => line.Split(" #")[0].Trim().Split('=', 2))
        .ToDictionary(parts => parts[0].Replace("__", ":", StringComparison.Ordinal), parts => parts[1]));
}
