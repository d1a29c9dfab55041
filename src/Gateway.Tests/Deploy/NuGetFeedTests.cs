using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace NclueGateway.Tests.Deploy;

/// <summary>The sources of packages.</summary>
public sealed class NuGetFeedTests
{
    [Theory]
    [Trait("Needs", "Processes")]
    [InlineData("/feed", "/feed")]
    [InlineData("", "")]
    public async Task A_feed_that_is_given_is_the_only_one(string feed, string sources)
    {
        var start = new ProcessStartInfo(
            "dotnet", ["msbuild", DeployedFiles.PathOf("src/Gateway/Gateway.csproj"), "-getProperty:RestoreSources"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment["NUGET_FEED"] = feed;
        using var build = Process.Start(start)!;

        (await build.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim().ShouldBe(sources);
    }

    [Fact]
    public void Every_package_is_pinned_by_its_content_and_no_folder_of_the_machine_is_mixed_in()
    {
        var packages = Directory.GetFiles(DeployedFiles.PathOf("src"), "packages.lock.json", SearchOption.AllDirectories)
            .SelectMany(file => JsonNode.Parse(File.ReadAllText(file))!["dependencies"]!.AsObject())
            .SelectMany(target => target.Value!.AsObject())
            .Where(package => (string)package.Value!["type"]! != "Project").ToList();
        var settings = XDocument.Load(DeployedFiles.PathOf("nuget.config")).Root!;

        packages.Count.ShouldBeGreaterThan(100);
        packages.ShouldAllBe(package => ((string)package.Value!["contentHash"]!).Length == 88); // SHA-512
        settings.Elements().Select(element => $"{element.Name} {element.Elements().Single().Name}")
            .ShouldBe(["fallbackPackageFolders clear"]);
    }
}
