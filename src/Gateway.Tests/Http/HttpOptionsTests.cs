using Microsoft.Extensions.Configuration;
using NclueGateway.Access.Callers;
using NclueGateway.Configuration;
using NclueGateway.Http;

namespace NclueGateway.Tests.Http;

public sealed class HttpOptionsTests
{
    [Theory]
    [InlineData("Http:PublicOrigin", "https://gateway.example.com")]
    [InlineData("Http:PublicOrigin", "")]
    [InlineData("Http:KnownProxies:0", "10.0.0.1")]
    [InlineData("Http:KnownProxies:0", "2001:db8::1")]
    [InlineData("Http:KnownNetworks:0", "10.0.0.0/8")]
    [InlineData("Http:KnownNetworks:0", "2001:db8::/32")]
    [InlineData("Http:PathBase", "/nclue")]
    [InlineData("Http:PathBase", "/tools/nclue-gateway.v1")]
    [InlineData("Http:PathBase", "")]
    public void Good_settings_are_read(string key, string value) => Mistakes(key, value).ShouldBeEmpty();

    [Theory]
    [InlineData("Http:PublicOrigin", "https://gateway.example.com/")]
    [InlineData("Http:PublicOrigin", "http://gateway.example.com")]
    [InlineData("Http:PublicOrigin", "gateway.example.com")]
    [InlineData("Http:KnownProxies:0", "proxy.example.com")]
    [InlineData("Http:KnownProxies:0", "10")]
    [InlineData("Http:KnownProxies:0", "10.0.0.0/8")]
    [InlineData("Http:KnownProxies:0", "")]
    [InlineData("Http:KnownProxies", "10.0.0.1")]
    [InlineData("Http:KnownNetworks:0", "10.0.0.1")]
    [InlineData("Http:KnownNetworks:0", "10.0.0.1/8")]
    [InlineData("Http:KnownNetworks:0", "0.0.0.0/0")]
    [InlineData("Http:KnownNetworks:0", "::/0")]
    [InlineData("Http:PathBase", "nclue")]
    [InlineData("Http:PathBase", "/")]
    [InlineData("Http:PathBase", "/nclue/")]
    [InlineData("Http:PathBase", "//nclue")]
    [InlineData("Http:PathBase", "/nclue/..")]
    [InlineData("Http:PathBase", "/nclue?a=b")]
    [InlineData("Http:PathBase", "/%6eclue")]
    [InlineData("Http:PathBase", "/nclue\n")]
    [InlineData("Http:PathBase", "https://gateway.example.com/nclue")]
    [InlineData("Http:PathBase", "/api")]
    [InlineData("Http:PathBase", "/Session/nclue")]
    [InlineData("Http:AllowedHosts", "*")]
    [InlineData("Auth:AllowedOrigins:0", "*")]
    [InlineData("Auth:AllowedOrigins:0", "null")]
    [InlineData("Auth:AllowedOrigins:0", "http://app.example.com")]
    [InlineData("Auth:AllowedOrigins", "https://app.example.com")]
    public void Bad_ones_are_mistakes_by_key(string key, string value) =>
        Mistakes(key, value).ShouldHaveSingleItem().ShouldStartWith(key + ": ");

    [Fact]
    public void Each_bad_entry_of_a_list_is_named()
    {
        var mistakes = Mistakes(new()
        {
            ["Auth:AllowedOrigins:0"] = "https://app.example.com/",
            ["Auth:AllowedOrigins:1"] = "https://app.example.com",
            ["Auth:AllowedOrigins:2"] = "https://*.example.com",
            ["Http:KnownProxies:0"] = "10.0.0.1",
            ["Http:KnownProxies:1"] = "x",
            ["Http:KnownNetworks:0"] = "x",
        });

        mistakes.Select(mistake => mistake[..mistake.IndexOf(": ", StringComparison.Ordinal)]).ShouldBe(
            ["Auth:AllowedOrigins:0", "Auth:AllowedOrigins:2", "Http:KnownProxies:1", "Http:KnownNetworks:0"]);
    }

    private static IReadOnlyCollection<string> Mistakes(string key, string value) => Mistakes(new() { [key] = value });

    private static IReadOnlyCollection<string> Mistakes(Dictionary<string, string?> given)
    {
        given["Auth:Authority"] = "https://id.example.com";
        given["Auth:Audience"] = "gateway";
        var settings = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(given).Build());
        settings.Read<AuthOptions>(AuthOptions.Section);
        settings.Read<HttpOptions>(HttpOptions.Section);
        return Record.Exception(settings.ThrowIfMistaken) is SettingsException mistaken ? mistaken.Mistakes : [];
    }
}
