using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests;

public sealed class ConventionTests
{
    private static readonly Assembly Gateway = typeof(GatewayBuilder).Assembly;

    private static readonly Type[] Types =
        [.. Gateway.GetTypes().Where(t => t.Namespace?.StartsWith("NclueGateway", StringComparison.Ordinal) == true && !t.IsDefined(typeof(CompilerGeneratedAttribute)))];

    /// <summary>Which folder may use which: the feature uses the technical folders, and none of them uses the feature.</summary>
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Settings"] = [],
        ["Redis"] = ["Operations", "Settings"],
        ["Caching"] = ["Redis"],
        ["Http"] = ["Operations", "Settings"],
        ["Access"] = ["Http", "Operations", "Redis", "Settings"],
        ["Nclue"] = ["Operations", "Redis", "Settings"],
        ["Operations"] = ["Settings"],
        ["TaskRuns"] = ["Access", "Caching", "Http", "Nclue", "Operations", "Redis"],
        ["Check"] = ["Access", "Nclue", "Operations", "Redis", "Settings", "TaskRuns"], // like the composition, it looks at all of it, and nothing looks at it
    };

    [Fact]
    public void Every_class_is_sealed() =>
        Types.Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false }).Select(t => t.FullName).ShouldBeEmpty();

    [Fact]
    public void No_class_is_a_manager() =>
        Types.Where(t => Regex.IsMatch(t.Name, "(?:Manager|Helper|Service|Utils?)$")).Select(t => t.FullName).ShouldBeEmpty();

    [Fact]
    public void No_class_keeps_a_request() =>
        Types.Where(t => t.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Any(f => f.FieldType == typeof(HttpContext)))
            .Select(t => t.FullName).ShouldBeEmpty();

    [Fact]
    public void Folders_depend_on_each_other_in_one_direction()
    {
        var wrong =
            from folder in MayUse
            from file in Directory.EnumerateFiles(Path.Combine(SourceFolder(), folder.Key), "*.cs", SearchOption.AllDirectories)
            from Match use in Regex.Matches(File.ReadAllText(file), @"^using NclueGateway\.(?<folder>\w+)", RegexOptions.Multiline)
            let used = use.Groups["folder"].Value
            where used != folder.Key && !folder.Value.Contains(used)
            select $"{Path.GetFileName(file)} uses {used}";

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void The_gateway_does_not_know_the_sandbox() =>
        Gateway.GetReferencedAssemblies().Select(a => a.Name).ShouldNotContain("Sandbox");

    [Fact]
    public void Every_folder_is_in_the_picture() =>
        Directory.GetDirectories(SourceFolder()).Select(Path.GetFileName).Except(["bin", "obj"]).ShouldBe(MayUse.Keys, ignoreOrder: true);

    private static string SourceFolder() => Path.Combine(Repository.Root, "src", "Gateway");
}
