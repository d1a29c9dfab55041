using System.Globalization;
using System.Text.RegularExpressions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Configuration;

/// <summary><c>docs/configuration.md</c> has every setting, with its default and its range, and none that does not exist.</summary>
public sealed class ConfigurationDocumentTests
{
    /// <summary>The agreed settings. A new setting has to be agreed on first.</summary>
    private static readonly string[] Agreed =
    [
        "Nclue:BaseAddress", "Nclue:RequireHttps", "Nclue:Account", "Nclue:AccessKey", "Nclue:SecretKey", "Nclue:NextAccessKey",
        "Nclue:NextSecretKey", "Nclue:RequestInterval", "Nclue:ReplicaCount",
        "Nclue:Timeout", "Nclue:MaxResponseBytes", "Nclue:TimeZone", "Nclue:IndexUnit", "Nclue:Order", "Nclue:HelpLanguage",
        "Nclue:Proxy", "Nclue:ProxyUser", "Nclue:ProxyPassword",
        "Cache:FreshFor", "Cache:ServeStaleFor", "Cache:KeepFor", "Cache:WaitFor", "Cache:InterestFor", "Cache:SoftWait",
        "Cache:MaxBlocks", "Cache:PageMemory", "Cache:KeyPrefix",
        "Snapshot:MaxRuns", "Snapshot:Warm", "Snapshot:InterestFor", "Snapshot:SweepEvery", "Snapshot:CursorsFor",
        "Changes:Every", "Changes:StreamFor", "Changes:MaxStreams",
        "ConnectionStrings:Redis",
        "Auth:Authority", "Auth:Issuer", "Auth:Audience", "Auth:Audiences", "Auth:RequireHttpsMetadata", "Auth:ReadScope",
        "Auth:PermissionClaims", "Auth:RequiredClaims", "Auth:SubjectClaim", "Auth:AllowedOrigins",
        "Auth:Proxy", "Auth:ProxyUser", "Auth:ProxyPassword",
        "Auth:Session:ClientId", "Auth:Session:ClientSecret", "Auth:Session:IdleTimeout", "Auth:Session:AbsoluteTimeout",
        "Auth:Session:DataProtectionCertificate", "Auth:Session:AllowUnencryptedKeys",
        "Http:PublicOrigin", "Http:KnownProxies", "Http:KnownNetworks", "Http:PathBase",
        "Quota:RequestsPerSecond", "Quota:Burst", "Quota:ColdBlocks", "Quota:Streams", "Quota:AnonymousPerSecond",
        "Operations:Port", "Operations:DrainDelay", "Operations:SecretsFolder",
        "OpenApi:UiEnabled", "Console:Enabled",
    ];

    /// <summary>Rows of tables that begin with a setting: its default, and the cells after it.</summary>
    private static readonly Dictionary<string, string[]> Rows = File.ReadLines(Path.Combine(Repository.Root, "docs", "configuration.md"))
        .Where(line => Regex.IsMatch(line, @"^\| `[A-Z]\w+:[\w:]+` \|"))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1])
        .ToDictionary(cells => cells[0].Trim('`'), cells => cells[1..]);

    public static TheoryData<string> Keys => [.. Setting.All.Select(setting => setting.Key)];

    [Fact]
    public void Every_setting_has_a_row_and_every_row_has_a_setting() =>
        Rows.Keys.ShouldBe(Setting.All.Select(setting => setting.Key), ignoreOrder: true);

    [Fact]
    public void The_settings_are_those_that_were_agreed_on()
    {
        var keys = Setting.All.Select(setting => setting.Key).ToList();

        keys.Except(Agreed).ShouldBeEmpty();
        Agreed.Except(keys).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_row_has_the_default_and_the_range_of_its_setting(string key)
    {
        var setting = Setting.All.Single(setting => setting.Key == key);
        var row = Rows[key];
        var stated = Regex.Matches(row[0], "`([^`]*)`").Select(code => code.Groups[1].Value).ToArray();

        stated.ShouldBe(setting.HasDefault ? Defaults(setting) : []);
        row[0].StartsWith("none", StringComparison.Ordinal).ShouldBe(!setting.HasDefault && !setting.IsRequired);
        (row[0] == "required").ShouldBe(setting.IsRequired);
        if (setting.Range is { } range)
        {
            row[1].Split([";", ", "], StringSplitOptions.None)[0].ShouldBe($"{Bound(range.Minimum)} to {Bound(range.Maximum)}");
        }
    }

    /// <summary>Checks that every document names only settings that exist.</summary>
    [Fact]
    public void No_document_names_a_setting_that_does_not_exist()
    {
        var sections = string.Join('|', Setting.All.Select(setting => setting.Section.Split(':')[0]).Distinct());
        var documents = Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Repository.Root, "*.md"));
        var named = documents.SelectMany(document => Regex.Matches(File.ReadAllText(document), $"`((?:{sections})(?::|__)\\w[\\w:]*)[^`]*`")
            .Select(code => (
                Document: Path.GetFileName(document),
                Key: code.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal).TrimEnd(':')))).ToList();

        named.Count.ShouldBeGreaterThan(100);
        named.Where(name => !Setting.All.Any(setting => setting.Key == name.Key || setting.Section == name.Key
            || (setting.Type.IsInterface && name.Key.StartsWith(setting.Key + ":", StringComparison.Ordinal)))).ShouldBeEmpty();
    }

    private static string[] Defaults(Setting setting) => setting.Default switch
    {
        TimeSpan time => [Setting.Write(time)],
        bool flag => [flag ? "true" : "false"],
        IEnumerable<string> list => [.. list],
        _ => [Convert.ToString(setting.Default, CultureInfo.InvariantCulture)!],
    };

    private static string Bound(object bound)
    {
        if (bound is int number)
        {
            return number.ToString("N0", CultureInfo.InvariantCulture);
        }

        var time = TimeSpan.Parse((string)bound, CultureInfo.InvariantCulture);
        return time switch
        {
            { Ticks: 0 } => "0",
            { TotalSeconds: < 1 } => $"{time.TotalMilliseconds} ms",
            { TotalMinutes: < 1 } => $"{time.TotalSeconds} s",
            { TotalHours: < 1 } => $"{time.TotalMinutes} min",
            { TotalDays: < 1 } => $"{time.TotalHours} h",
            { TotalDays: 1 } => "1 day",
            _ => $"{time.TotalDays} days",
        };
    }
}
