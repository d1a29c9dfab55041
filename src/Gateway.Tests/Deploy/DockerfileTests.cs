using System.Text.Json;
using System.Text.RegularExpressions;
using NclueGateway.Hosting;

namespace NclueGateway.Tests.Deploy;

public sealed class DockerfileTests
{
    private static readonly IReadOnlyList<(string Instruction, string Text)> Lines = DeployedFiles.ReadDockerfile();

    public static TheoryData<string> Images => ["sandbox", "gateway"];

    [Fact]
    public void Images_come_from_Microsofts_unless_others_are_given_by_digest_and_the_last_is_the_gateway()
    {
        var stages = Lines.Where(line => line.Instruction == "FROM").Select(line => line.Text.Split(" AS ")).ToList();

        stages.Select(stage => stage[0]).Except(stages.Select(stage => stage[1]))
            .ShouldBe(["${SDK_IMAGE}", "${RUNTIME_IMAGE}"]);
        Lines.TakeWhile(line => line.Instruction != "FROM").Select(line => $"{line.Instruction} {line.Text}")
            .ShouldBe(
                [
                    "ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0",
                    "ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra",
                ]);
        stages[^1][1].ShouldBe("gateway");
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void An_image_runs_as_the_user_of_the_pod_and_needs_no_shell(string image)
    {
        var stage = Stage(image);
        var pod = DeployedFiles.ReadYaml("deploy/kubernetes/base/deployment.yaml")["spec"]!["template"]!["spec"]!["securityContext"]!;

        Only(stage, "USER").ShouldBe($"{pod["runAsUser"]}:{pod["runAsGroup"]}");
        stage.ShouldAllBe(line => line.Instruction != "RUN");
        stage.SkipWhile(line => line.Instruction != "USER").ShouldAllBe(line => line.Instruction != "COPY");
        JsonSerializer.Deserialize<string[]>(Only(stage, "ENTRYPOINT"))!
            .ShouldBe(["dotnet", image == "gateway" ? "Gateway.dll" : "Sandbox.dll"]);
        JsonSerializer.Deserialize<string[]>(Only(stage, "HEALTHCHECK").Split(" CMD ")[1])!
            .ShouldBe(["dotnet", "Gateway.dll", HealthCommand.Name]);
        Only(stage, "LABEL").ShouldContain("org.opencontainers.image.licenses=\"MIT\"");
    }

    [Fact]
    public void Packages_are_those_of_the_lock_files_and_restored_once()
    {
        var commands = Lines.Where(line => line.Instruction == "RUN").Select(line => line.Text).ToList();

        commands.Where(command => command.StartsWith("dotnet restore", StringComparison.Ordinal)).ShouldHaveSingleItem()
            .ShouldContain(" --locked-mode ");
        var publish = commands.Where(command => command.StartsWith("dotnet publish", StringComparison.Ordinal)).ToList();
        publish.Count.ShouldBe(2);
        publish.ShouldAllBe(command => command.Contains(" --no-restore ") && command.Contains(" -p:PublishReadyToRun=true"));
    }

    /// <summary>Without ICU, texts are not normalized (docs/adr/0025). The base image "extra" has it.</summary>
    [Fact]
    public void No_image_turns_ICU_off() =>
        File.ReadAllText(DeployedFiles.PathOf("Dockerfile"))
            .ShouldNotMatch("(?i)(InvariantGlobalization|DOTNET_SYSTEM_GLOBALIZATION)");

    [Fact]
    public void What_is_copied_is_there_and_let_through_and_nothing_else_is()
    {
        var through = File.ReadLines(DeployedFiles.PathOf(".dockerignore"))
            .Where(line => line.StartsWith('!'))
            .Select(line => line[1..])
            .ToList();
        var copied = Lines.Where(line => line.Instruction == "COPY" && !line.Text.StartsWith("--from", StringComparison.Ordinal))
            .SelectMany(line => line.Text.Split(' ')[..^1]).Select(path => path.TrimEnd('/')).ToList();

        File.ReadLines(DeployedFiles.PathOf(".dockerignore")).First(line => line[0] != '#').ShouldBe("*");
        copied.ShouldAllBe(path => Path.Exists(DeployedFiles.PathOf(path)));
        copied.Select(path => path.Split('/')[0]).Distinct().ShouldBe(through, ignoreOrder: true);
    }

    [Fact]
    public void No_secret_is_in_an_image_and_every_Docker_can_build_it()
    {
        var text = File.ReadAllText(DeployedFiles.PathOf("Dockerfile"));

        text.ShouldNotMatch("(?i)(password|secretkey|accesskey|connectionstrings|token)");
        text.ShouldNotMatch("(?m)^# *syntax");
        Regex.Matches(text, "--mount|<<|TARGETARCH|BUILDPLATFORM|--chmod|--link").ShouldBeEmpty();
    }

    private static List<(string Instruction, string Text)> Stage(string name) =>
        [.. Lines.SkipWhile(line => !(line.Instruction == "FROM" && line.Text.EndsWith($" AS {name}", StringComparison.Ordinal))).Skip(1)
            .TakeWhile(line => line.Instruction != "FROM")];

    private static string Only(IEnumerable<(string Instruction, string Text)> stage, string instruction) =>
        stage.Single(line => line.Instruction == instruction).Text;
}
