using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting.Internal;
using NclueGateway.Configuration;

namespace NclueGateway.Tests.Configuration;

/// <summary>Invisible characters in any setting: a mistake at startup, reported by the key.</summary>
public sealed class InvisibleTextTests
{
    private static readonly Dictionary<string, string?> Good = new()
    {
        ["Nclue:AccessKey"] = "AK",
        ["Nclue:SecretKey"] = "SK canary",
        ["Nclue:NextAccessKey"] = "AK2",
        ["Nclue:NextSecretKey"] = "SK2 canary",
        ["Auth:Authority"] = "https://id.example.com",
        ["Auth:Audience"] = "gateway",
        ["Auth:Session:ClientId"] = "browser",
        ["Auth:Session:ClientSecret"] = "canary",
        ["Http:PublicOrigin"] = "https://gateway.example.com",
        ["ConnectionStrings:Redis"] = "redis.example:6379,password=canary",
        ["Auth:Session:AllowUnencryptedKeys"] = "true",
    };

    /// <summary>Every text setting, with a valid value.</summary>
    public static TheoryData<string, string> TextSettings
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var setting in Setting.All.Where(setting => !setting.Property.IsDefined(typeof(FreeTextAttribute))))
            {
                if (setting.Type == typeof(IList<string>))
                {
                    data.Add(setting.Key + ":0", setting.Property.Name switch
                    {
                        "AllowedOrigins" => "https://app.example.com",
                        "KnownProxies" => "10.0.0.1",
                        "KnownNetworks" => "10.0.0.0/8",
                        _ => "scope",
                    });
                }
                else if (setting.Type == typeof(IDictionary<string, string>))
                {
                    data.Add(setting.Key + ":tid", "contoso");
                }
                else if (setting.Type == typeof(string) || setting.Type == typeof(Uri) || setting.Type.IsEnum)
                {
                    data.Add(setting.Key, Good.GetValueOrDefault(setting.Key) ?? (setting.HasDefault ? $"{setting.Default}" : "xy"));
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(TextSettings))]
    public void Every_text_setting_is_refused_with_white_space_at_its_ends_or_an_invisible_character(string key, string good)
    {
        if (good != "xy" && key != "Operations:SecretsFolder") // the folder need not exist
        {
            MistakesOf(key, good).ShouldBeEmpty(key);
        }

        foreach (var bad in new[]
        {
            good + "\r", good + "\n", good + "\r\n", good + " ", " " + good, good + "\u00a0", "\t" + good, "\ufeff" + good, good + "\u200b",
            good[..1] + "\0" + good[1..], good[..1] + "\u001b" + good[1..], good[..1] + "\u2060" + good[1..],
            good[..1] + "\u00a0" + good[1..], good[..1] + "\ufffd" + good[1..],
        })
        {
            var mistakes = MistakesOf(key, bad);

            mistakes.ShouldHaveSingleItem().ShouldStartWith(key + ": it ");
            mistakes[0].ShouldNotContain("canary");
            mistakes[0].ShouldNotContain(bad, Case.Sensitive);
        }
    }

    [Theory]
    [InlineData("Nclue:ReplicaCount", "2\r")]
    [InlineData("Nclue:Timeout", "00:00:10\r\n")]
    [InlineData("OpenApi:UiEnabled", " true ")]
    [InlineData("Nclue:SecretKey", "with a blank\u3000and 한글비밀, ' and \" within canary")]
    public void Spaces_within_a_text_and_spaces_that_a_parser_ignores_are_accepted(string key, string value) =>
        MistakesOf(key, value).ShouldBeEmpty();

    [Fact]
    public void The_name_of_an_entry_is_text_too() =>
        MistakesOf("Auth:RequiredClaims:tid\r", "contoso").ShouldHaveSingleItem().ShouldBe(
            "Auth:RequiredClaims: the name of an entry is wrong: it ends with white space or a line break (U+000D).");

    [Theory]
    [InlineData("AllowedHosts", "gateway.example.com\r", "AllowedHosts")]
    [InlineData("AllowedHosts", "a.example.com; b.example.com", "AllowedHosts")]
    [InlineData("OTEL_SERVICE_NAME", "nclue\r", "OTEL_SERVICE_NAME")]
    [InlineData("Serilog:MinimumLevel:Default", "Information\r", "Serilog:MinimumLevel:Default")]
    [InlineData("Serilog:MinimumLevel:Override:NclueGateway\r", "Debug", "Serilog:MinimumLevel:Override")]
    public void A_setting_of_the_framework_whose_white_space_nothing_else_reports_is_refused(string key, string value, string named) =>
        MistakesOf(key, value).ShouldHaveSingleItem().ShouldStartWith(named + ": ");

    [Fact]
    public void A_name_of_the_environment_that_ends_in_a_line_break_is_refused() =>
        MistakesOf("Nclue:Account", "x", "Production\r").ShouldHaveSingleItem().ShouldStartWith("ASPNETCORE_ENVIRONMENT: it ends");

    private static IReadOnlyList<string> MistakesOf(string key, string value, string environment = "Production")
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Good).AddInMemoryCollection([new(key, value)]).Build();
        var host = new HostingEnvironment { EnvironmentName = environment };
        return Record.Exception(() => GatewaySettings.Read(configuration, host)) is { } failure
            ? [.. failure.ShouldBeOfType<SettingsException>().Mistakes]
            : [];
    }
}
