using System.Diagnostics;

namespace NclueGateway.Tests.Deploy;

/// <summary><c>.ci/advisories</c> with fakes of npm, dotnet and curl.</summary>
[Trait("Needs", "Processes")]
public sealed class AdvisoriesTests : IDisposable
{
    private const string NoFindings = """echo '{"vulnerabilities":{},"metadata":{"vulnerabilities":{"high":0,"critical":0}}}'""";
    private const string HasAdvisories = """echo '{"resources":[{"@type":"VulnerabilityInfo/6.7.0"}]}'""";

    private readonly string _folder = Directory.CreateTempSubdirectory("nclue-advisories-").FullName;

    [Fact]
    public async Task Where_the_registries_find_nothing_all_is_well()
    {
        var (code, output) = await RunAsync(NoFindings, HasAdvisories, "true");

        code.ShouldBe(0);
        output.ShouldNotContain("WARNING");
        output.ShouldContain("No known advisory on NuGet packages.");
    }

    [Theory]
    [InlineData("""echo '{"message":"405 Method Not Allowed"}'; exit 1""", """echo '{"resources":[]}'""", "true", 4)]
    [InlineData("exit 1", "exit 22", "true", 4)]
    [InlineData(NoFindings, HasAdvisories, "echo 'error NU1301: the feed does not respond'; exit 1", 1)]
    [InlineData(NoFindings, HasAdvisories, "echo 'warning NU1900: the feed does not answer'", 1)]
    public async Task A_registry_that_cannot_be_asked_is_a_warning(string npm, string curl, string restore, int warnings)
    {
        var (code, output) = await RunAsync(npm, curl, restore);

        code.ShouldBe(0);
        output.Split("WARNING: ").Length.ShouldBe(warnings + 1);
    }

    [Theory]
    [InlineData(
        """echo '{"vulnerabilities":{"left-pad":{"name":"left-pad","severity":"low"}},"metadata":"""
        + """{"vulnerabilities":{"low":1,"high":0}}}'; exit 1""",
        "true",
        "left-pad")]
    [InlineData(
        NoFindings,
        "echo 'Gateway.csproj : warning NU1901: Package X has a known low severity vulnerability'; exit 0",
        "Package X")]
    public async Task Any_advisory_fails(string npm, string restore, string named)
    {
        var (code, output) = await RunAsync(npm, HasAdvisories, restore);

        code.ShouldBe(1);
        output.ShouldContain(named);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(int ExitCode, string Output)> RunAsync(string npm, string curl, string restore)
    {
        Write("npm", npm);
        Write("curl", curl);
        Write("dotnet", $"""if [ "$1" = nuget ]; then echo "E https://feed.example.com/index.json"; else {restore}; fi""");
        var start = new ProcessStartInfo("bash", ["-c", $"chmod 700 {_folder}/*; exec {DeployedFiles.PathOf(".ci/advisories")}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}";
        using var script = Process.Start(start)!;
        var errors = script.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (script.ExitCode, output + await errors);
    }

    private void Write(string program, string body) => File.WriteAllText(Path.Combine(_folder, program), $"#!/bin/sh\n{body}\n");
}
