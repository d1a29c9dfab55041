using System.IO.Enumeration;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NclueGateway.Tests.Deploy;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Conventions;

/// <summary>Workflows and updates of packages by the repository's host, and the guides for contributors.</summary>
public sealed class ContributionTests
{
    private const string Folder = ".github/workflows";

    /// <summary>Paths of the workflows.</summary>
    public static TheoryData<string> Workflows =>
        [.. Directory.GetFiles(DeployedFiles.PathOf(Folder)).Select(path => Path.GetRelativePath(Repository.Root, path))];

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Actions_are_pinned_by_the_digest_of_a_commit_beside_its_version(string path)
    {
        var inFile = Regex.Matches(File.ReadAllText(DeployedFiles.PathOf(path)), @"\buses:.*").Select(match => match.Value).ToList();

        inFile.Count.ShouldBe(Steps(path).Count(step => step["uses"] != null));
        inFile.ShouldNotBeEmpty();
        inFile.ShouldAllBe(uses => Regex.IsMatch(uses, @"^uses: [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+\b"));
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_may_only_read_and_ends_in_time(string path)
    {
        var workflow = DeployedFiles.ReadYaml(path);

        workflow["permissions"]!.ToJsonString().ShouldBe("""{"contents":"read"}""");
        workflow["on"]!.AsObject().ShouldNotContain(trigger => trigger.Key == "pull_request_target"); // runs a fork's code with a token
        foreach (var (name, job) in workflow["jobs"]!.AsObject())
        {
            job!["permissions"].ShouldBeNull(name);
            ((int)job["timeout-minutes"]!).ShouldBeInRange(1, 90, name);
        }

        Steps(path).Where(step => (step["uses"]?.ToString() ?? "").StartsWith("actions/checkout@", StringComparison.Ordinal))
            .ShouldAllBe(step => !(bool)step["with"]!["persist-credentials"]!);
        Steps(path).Select(step => step["run"]?.ToString() ?? "").ShouldAllBe(command => !command.Contains("${{")); // a title may be code
    }

    [Fact]
    public void The_checks_are_those_of_a_contributor_and_one_job_demands_a_container()
    {
        var jobs = DeployedFiles.ReadYaml($"{Folder}/ci.yml")["jobs"]!;

        Commands(jobs["checks"]!)[^1].ShouldBe(".ci/run");
        Commands(jobs["redis-in-a-container"]!)[^1].ShouldBe("./test.sh");
        jobs["redis-in-a-container"]!["env"]!["TEST_REDIS"]!.ToString().ShouldBe(TestRedis.OnlyContainer);
    }

    [Fact]
    public void Packages_of_every_kind_and_folder_are_updated()
    {
        var updates = DeployedFiles.ReadYaml(".github/dependabot.yml")["updates"]!.AsArray()
            .ToDictionary(update => update!["package-ecosystem"]!.ToString(), update => update!);

        updates.Keys.ShouldBe(["nuget", "npm", "github-actions", "docker"], ignoreOrder: true);
        updates["npm"]["directories"].Strings().ShouldBe(
            LockFiles().Select(file => "/" + Path.GetDirectoryName(file)), ignoreOrder: true);
        updates.Values.ShouldAllBe(update => update["schedule"]!["interval"]!.ToString() == "weekly");
    }

    [Theory]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("SECURITY.md")]
    [InlineData("docs/changing.md")]
    public void Tests_that_a_guide_names_exist(string guide)
    {
        var text = File.ReadAllText(DeployedFiles.PathOf(guide));

        Regex.Matches(text, @"(?<!\*)\b[A-Z]\w+Tests\b").Select(match => match.Value)
            .Except(typeof(ContributionTests).Assembly.GetTypes().Select(type => type.Name)).ShouldBeEmpty();
    }

    [Fact]
    public void Filters_of_tests_in_the_guide_are_valid_and_each_finds_tests()
    {
        var classes = typeof(ContributionTests).Assembly.GetTypes().Where(type => type.IsClass).Select(type => type.FullName!).ToList();

        var filters = Regex.Matches(File.ReadAllText(DeployedFiles.PathOf("CONTRIBUTING.md")), "-class '([^']+)'")
            .Select(match => match.Groups[1].Value).ToList();

        filters.ShouldNotBeEmpty();
        filters.Where(filter => filter.Trim('*').Contains('*')).ShouldBeEmpty(); // xunit knows * only at the beginning and the end
        filters.Where(filter => !classes.Exists(name => FileSystemName.MatchesSimpleExpression(filter, name))).ShouldBeEmpty();
    }

    private static FileSystemEnumerable<string> LockFiles() => new FileSystemEnumerable<string>(
        Repository.Root,
        (ref FileSystemEntry entry) => Path.GetRelativePath(Repository.Root, entry.ToFullPath()),
        new EnumerationOptions { RecurseSubdirectories = true })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => entry.FileName is "package-lock.json",
        ShouldRecursePredicate = (ref FileSystemEntry entry) => entry.FileName is not ("node_modules" or "bin" or "obj"),
    };

    private static IEnumerable<JsonNode> Steps(string path) =>
        DeployedFiles.ReadYaml(path)["jobs"]!.AsObject().SelectMany(job => job.Value!["steps"]!.AsArray()).Select(step => step!);

    private static List<string> Commands(JsonNode job) =>
        [.. job["steps"]!.AsArray().Select(step => step!["run"]?.ToString()).OfType<string>()];
}
