using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Configuration;

/// <summary><c>appsettings.schema.json</c>, by which editors complete and validate settings.</summary>
public sealed class SettingsSchemaTests
{
    private const string Committed = "appsettings.schema.json";

    private static readonly JsonDocumentOptions WithComments = new() { CommentHandling = JsonCommentHandling.Skip };

    private static readonly Lazy<JsonObject> Document = new(() => JsonNode.Parse(SettingsSchema.Render())!.AsObject());
    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.FromText(SettingsSchema.Render()));

    public static TheoryData<string> Sections => [.. Setting.All.Select(setting => setting.Section).Distinct()];

    [Fact]
    public Task The_committed_schema_is_what_the_options_types_say() =>
        CommittedDocument.ShouldBeCommittedAsync(SettingsSchema.Render(), Committed);

    [Fact]
    public async Task The_shipped_settings_name_the_schema_and_follow_it()
    {
        var path = Path.Combine(Repository.Root, "appsettings.json");
        var shipped = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!;

        ((string?)shipped["$schema"]).ShouldBe("./" + Committed);
        Invalid(shipped).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("deploy/compose/gateway.env")]
    [InlineData("deploy/kubernetes/base/settings.env")]
    [InlineData("deploy/kubernetes/overlays/example/settings.env")]
    public void The_settings_of_the_deployment_follow_it(string path)
    {
        var lines = File.ReadLines(Path.Combine([Repository.Root, .. path.Split('/')]))
            .Where(line => line.Contains('=') && line[0] != '#')
            .ToList();

        lines.ShouldNotBeEmpty();
        Invalid(Json(lines)).ShouldBeEmpty();
        Invalid(Json([.. lines, "Nclue__Misspelt=1"])).ShouldNotBeEmpty();
    }

    [Fact]
    public void The_examples_in_the_documentation_follow_it()
    {
        var examples = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "configuration.md")).Split("```json\n").Skip(1)
            .Select(block => JsonNode.Parse(block.Split("```")[0], documentOptions: WithComments)!).ToList();

        examples.Count.ShouldBeGreaterThan(1);
        examples.ShouldAllBe(example => Invalid(example).Count == 0);
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public void A_key_that_is_none_is_refused_in_every_section_of_ours_and_in_no_other(string section)
    {
        var settings = new JsonObject();
        section.Split(':').Aggregate(settings, (at, name) => (at[name] = new JsonObject()).AsObject())["Misspelt"] = "x";

        Invalid(settings).ShouldNotBeEmpty();
        Invalid(new JsonObject { ["Kestrel"] = new JsonObject { ["Misspelt"] = "x" } }).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Nclue:ReplicaCount", "3", "0")]
    [InlineData("Nclue:ReplicaCount", "100", "101")]
    [InlineData("Nclue:ReplicaCount", "1", "\"one\"")]
    [InlineData("Nclue:RequestInterval", "\"00:00:01.050\"", "\"soon\"")]
    [InlineData("Nclue:RequestInterval", "\"00:00:01\"", "1")]
    [InlineData("Cache:KeepFor", "\"1.00:00:00\"", "\"10\"")] // ten days: most likely a mistake
    [InlineData("Cache:KeepFor", "\"23:59\"", "\"24:00:00\"")]
    [InlineData("Nclue:IndexUnit", "\"Page\"", "\"Pages\"")]
    [InlineData("Nclue:RequireHttps", "false", "\"no\"")]
    [InlineData("Nclue:Account", "\"a.b-c_d\"", "\"a b\"")]
    [InlineData("Nclue:BaseAddress", "\"https://nclue.example.com/api/v1/\"", "1")]
    [InlineData("Auth:ReadScope", "\"task-runs:read\"", "\"two words\"")]
    [InlineData("Auth:PermissionClaims", "[\"roles\"]", "\"roles\"")]
    [InlineData("Auth:RequiredClaims", "{\"tid\":\"x\"}", "[\"tid\"]")]
    [InlineData("Auth:Session:ClientId", "\"gateway\"", "{}")]
    [InlineData("Serilog:MinimumLevel:Override", "{\"Any.Source\":\"Debug\"}", "{\"Any.Source\":\"Trace\"}")]
    [InlineData("Serilog:MinimumLevel:Default", "\"Fatal\"", "\"Critical\"")]
    public void A_value_is_taken_or_refused_by_its_type_and_its_range(string key, string good, string bad)
    {
        Invalid(Given(good)).ShouldBeEmpty();
        Invalid(Given(bad)).ShouldNotBeEmpty();

        JsonObject Given(string value)
        {
            var names = key.Split(':');
            var settings = new JsonObject();
            var parent = names.SkipLast(1).Aggregate(settings, (at, name) => (at[name] = new JsonObject()).AsObject());
            parent[names[^1]] = JsonNode.Parse(value);
            return settings;
        }
    }

    [Fact]
    public void All_defaults_together_follow_it()
    {
        var settings = new JsonObject();
        foreach (var setting in Setting.All.Where(setting => Of(setting)["default"] is not null))
        {
            var section = setting.Section.Split(':').Aggregate(settings, (at, name) => (at[name] ??= new JsonObject()).AsObject());
            section[setting.Property.Name] = Of(setting)["default"]!.DeepClone();
        }

        settings.Count.ShouldBeGreaterThan(5);
        Invalid(settings).ShouldBeEmpty();
    }

    [Fact]
    public void Each_setting_is_described_and_those_that_are_secret_are_marked()
    {
        Setting.All.Where(setting => !((string)Of(setting)["description"]!).EndsWith('.')).Select(setting => setting.Key).ShouldBeEmpty();
        Setting.All.Where(setting => (bool?)Of(setting)["writeOnly"] == true).Select(setting => setting.Key).ShouldBe(
            Setting.All.Where(setting => setting.IsSecret).Select(setting => setting.Key));
        Setting.All.Where(setting => setting.IsSecret).Select(setting => setting.Key).ShouldContain("Nclue:SecretKey");
    }

    private static JsonNode Of(Setting setting) =>
        setting.Key.Split(':').Aggregate((JsonNode)Document.Value, (at, name) => at["properties"]![name]!);

    /// <summary>Converts settings of the environment to the form of a file.</summary>
    private static JsonObject Json(IEnumerable<string> lines)
    {
        var settings = new JsonObject();
        foreach (var line in lines)
        {
            var names = line.Split('=')[0].Split("__");
            var value = line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..];
            var isInList = int.TryParse(names[^1], CultureInfo.InvariantCulture, out _);
            var parent = names.SkipLast(isInList ? 2 : 1).Aggregate(settings, (at, name) => (at[name] ??= new JsonObject()).AsObject());
            JsonNode written = int.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number
                : bool.TryParse(value, out var flag) ? flag
                : value;
            if (isInList)
            {
                (parent[names[^2]] ??= new JsonArray()).AsArray().Add(written);
            }
            else
            {
                parent[names[^1]] = written;
            }
        }

        return settings;
    }

    private static List<string> Invalid(JsonNode settings)
    {
        var options = new EvaluationOptions { OutputFormat = OutputFormat.List };
        var result = Schema.Value.Evaluate(JsonSerializer.SerializeToElement(settings), options);
        return result.IsValid
            ? []
            : [.. result.Details!.Where(detail => detail.Errors is not null).SelectMany(
                detail => detail.Errors!.Select(error => $"{detail.InstanceLocation} {error.Key}: {error.Value}"))];
    }
}
