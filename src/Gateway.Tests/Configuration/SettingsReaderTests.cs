using Microsoft.Extensions.Configuration;
using NclueGateway.Access.Callers;
using NclueGateway.Configuration;
using NclueGateway.Http;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Configuration;

public sealed class SettingsReaderTests
{
    private static readonly Dictionary<string, string?> Good = new()
    {
        ["Nclue:AccessKey"] = "AK",
        ["Nclue:SecretKey"] = "canary",
    };

    [Fact]
    public void A_missing_setting_has_its_default()
    {
        var nclue = Read<NclueOptions>("Nclue", []);

        nclue.BaseAddress.ShouldBe(new Uri("https://nclue.apigw.ntruss.com/api/v1/"));
        nclue.RequestInterval.ShouldBe(TimeSpan.FromMilliseconds(1_050));
        nclue.IndexUnit.ShouldBe(IndexUnit.Row);
    }

    [Fact]
    public void Keys_and_names_are_read_without_regard_to_case()
    {
        var nclue = Read<NclueOptions>("Nclue", new() { ["nclue:indexunit"] = "PAGE", ["NCLUE:HELPLANGUAGE"] = "en" });

        nclue.IndexUnit.ShouldBe(IndexUnit.Page);
        nclue.HelpLanguage.ShouldBe(HelpLanguage.En);
    }

    [Fact]
    public void Lists_and_tables_are_read()
    {
        var auth = Read<AuthOptions>("Auth", new()
        {
            ["Auth:Authority"] = "https://id.example.com",
            ["Auth:Audience"] = "gateway",
            ["Auth:PermissionClaims:0"] = "roles",
            ["Auth:PermissionClaims:1"] = "groups",
            ["Auth:RequiredClaims:tid"] = "contoso",
        });

        auth.PermissionClaims.ShouldBe(["roles", "groups"]);
        auth.RequiredClaims.ShouldBe(new Dictionary<string, string> { ["tid"] = "contoso" });
    }

    [Theory]
    [InlineData("Nclue:BaseAddress", "nclue.example/api", "an absolute URL")]
    [InlineData("Nclue:BaseAddress", "http://nclue.example/api/v1/", "must be https")]
    [InlineData("Nclue:BaseAddress", "https://nclue.example/api/v1", "must end in '/'")]
    [InlineData("Nclue:BaseAddress", "https://nclue.example/api/?a=b", "without user, query")]
    [InlineData("Nclue:AccessKey", "", "is required")]
    [InlineData("Nclue:AccessKey", "two words", "a blank")]
    [InlineData("Nclue:RequestInterval", "00:00:00.999", "must be between")]
    [InlineData("Nclue:ReplicaCount", "0", "must be between")]
    [InlineData("Nclue:ReplicaCount", "two", "is not a whole number")]
    [InlineData("Nclue:Timeout", "soon", "is not a time span")]
    [InlineData("Nclue:RequireHttps", "perhaps", "is not true or false")]
    [InlineData("Nclue:IndexUnit", "1", "is not one of Row, Page")]
    [InlineData("Nclue:TimeZone", "Asia/Atlantis", "is not a time zone")]
    [InlineData("Nclue:Acount", "x", "no such setting")]
    [InlineData("Nclue:Timeout:Seconds", "5", "is not a time span")]
    public void A_mistake_is_named_by_its_key(string key, string value, string reason)
    {
        var mistake = Should.Throw<SettingsException>(() => Read<NclueOptions>("Nclue", new() { [key] = value }))
            .Mistakes.ShouldHaveSingleItem();

        mistake.ShouldContain(reason);
        mistake.ShouldStartWith(key.Replace(":Seconds", "", StringComparison.Ordinal) + ": ");
    }

    [Fact]
    public void A_plain_address_is_accepted_on_loopback_and_where_it_is_asked_for()
    {
        Read<NclueOptions>("Nclue", new() { ["Nclue:BaseAddress"] = "http://127.0.0.1:5081/api/v1/" });
        Read<NclueOptions>("Nclue", new() { ["Nclue:BaseAddress"] = "http://proxy.example/api/v1/", ["Nclue:RequireHttps"] = "false" });
    }

    [Fact]
    public void Times_that_contradict_each_other_are_a_mistake() =>
        Should.Throw<SettingsException>(() => Read<CacheOptions>("Cache", new() { ["Cache:KeepFor"] = "00:01:00" }))
            .Mistakes.ShouldHaveSingleItem().ShouldStartWith("Cache:KeepFor: ");

    [Fact]
    public void All_mistakes_are_reported_at_once_without_secrets()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Nclue:Timeout"] = "x",
                ["Nclue:SecretKey:Nested"] = "canary",
                ["Http:A"] = "canary",
            })
            .AddCommandLine(["--Nclue:AccessKey=canary"])
            .Build();
        var reader = new SettingsReader(configuration);
        reader.Read<NclueOptions>("Nclue");
        reader.Read<CacheOptions>("Cache");
        reader.Read<HttpOptions>("Http");

        var mistakes = Should.Throw<SettingsException>(reader.ThrowIfMistaken);

        mistakes.Mistakes.Select(m => m.Split(": ")[0])
            .ShouldBe(["Nclue:AccessKey", "Nclue:SecretKey", "Nclue:Timeout", "Http:A"], ignoreOrder: true);
        mistakes.Message.ShouldNotContain("canary");
    }

    private static T Read<T>(string section, Dictionary<string, string?> given)
        where T : class, new()
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(Good).AddInMemoryCollection(given).Build());
        var settings = reader.Read<T>(section);
        reader.ThrowIfMistaken();
        return settings;
    }
}
