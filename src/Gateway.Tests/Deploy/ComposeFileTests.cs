using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.Sandbox;

namespace NclueGateway.Tests.Deploy;

public sealed class ComposeFileTests
{
    private static readonly JsonNode File = DeployedFiles.ReadYaml("docker-compose.yml");

    private static JsonObject Services => File["services"]!.AsObject();

    [Fact]
    public void The_sandbox_is_one_container_that_needs_nothing_and_is_reached_from_this_machine_only()
    {
        Services.Where(service => service.Value!["profiles"].Strings().Contains("sandbox"))
            .Select(service => service.Key)
            .ShouldBe(["sandbox"]);
        var sandbox = Services["sandbox"]!;
        var options = SandboxOptions.Parse(sandbox["command"].Strings())!;

        sandbox["build"]!["target"]!.ToString().ShouldBe("sandbox");
        sandbox["ports"].Strings().ShouldBe(
            new[] { options.GatewayPort, options.NcluePort, options.IdentityPort, options.FrontendPort }.Select(
                port => $"127.0.0.1:{port}:{port}"));
        foreach (var absent in new[] { "secrets", "depends_on", "env_file", "environment" })
        {
            sandbox[absent].ShouldBeNull();
        }
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("README.ko.md")]
    public void The_READMEs_read_from_the_sandbox_where_it_is(string readme)
    {
        var text = System.IO.File.ReadAllText(DeployedFiles.PathOf(readme));

        text.ShouldContain("docker compose --profile sandbox up");
        text.ShouldContain(
            $"curl -i -H \"Authorization: Bearer $TOKEN\" \"http://127.0.0.1:{new SandboxOptions().GatewayPort}/api/task-runs?limit=1\"");
    }

    [Fact]
    public void The_gateway_starts_with_its_settings_and_secrets_and_has_memory_and_time_to_stop()
    {
        var gateway = Services["gateway"]!;

        using var services = DeployedFiles.Compose(
            DeployedFiles.ReadEnvironment((string)gateway["env_file"]!), gateway["secrets"].Strings());

        gateway["stop_grace_period"].Seconds()
            .ShouldBeGreaterThan(
                services.GetRequiredService<OperationsOptions>().DrainDelay + OperationsExtensions.RequestCompletionTimeout);
        gateway["depends_on"]!["redis"]!["condition"]!.ToString().ShouldBe("service_healthy");
        gateway["build"]!["target"]!.ToString().ShouldBe("gateway");
        DeployedFiles.MostMemory(services).ShouldBeLessThan(DeployedFiles.HeapOf((string)gateway["mem_limit"]!));
    }

    [Fact]
    public void Every_image_can_be_given_by_digest()
    {
        foreach (var service in new[] { "sandbox", "gateway" })
        {
            Services[service]!["build"]!["args"]!.AsObject().Select(argument => $"{argument.Key} {argument.Value}").ShouldBe(
                DeployedFiles.ReadDockerfile().TakeWhile(line => line.Instruction != "FROM").Select(line => line.Text.Split('='))
                    .Select(argument => $"{argument[0]} ${{{argument[0]}:-{argument[1]}}}"));
        }

        Services["redis"]!["image"]!.ToString().ShouldBe("${REDIS_IMAGE:-redis:7-alpine}");
    }

    [Fact]
    public void Redis_has_a_password_and_no_port_outside()
    {
        var redis = Services["redis"]!;

        redis["ports"].ShouldBeNull();
        redis["command"].Strings()[..2].ShouldBe(["redis-server", "/run/secrets/redis.conf"]);
        redis["networks"].Strings().ShouldBe(["redis"]);
        File["networks"]!["redis"]!["internal"]!.GetValue<bool>().ShouldBeTrue();
        redis["healthcheck"]!["test"].Strings()[1].ShouldContain("PONG");
    }

    [Fact]
    public void Secrets_are_files_that_neither_git_nor_an_image_takes()
    {
        var secrets = File["secrets"]!.AsObject();
        var script = System.IO.File.ReadAllText(DeployedFiles.PathOf("deploy/compose/secrets.sh"));

        Services.SelectMany(service => service.Value!["secrets"]?.AsArray().Select(secret => (string)secret!) ?? [])
            .ShouldBe(secrets.Select(s => s.Key), ignoreOrder: true);
        foreach (var (name, secret) in secrets)
        {
            ((string)secret!["file"]!).ShouldBe($"./deploy/compose/secrets/{name}");
            script.ShouldContain($" > {name}");
        }

        System.IO.File.ReadLines(DeployedFiles.PathOf(".gitignore")).ShouldContain("deploy/compose/secrets/");
        Services.ShouldAllBe(service => service.Value!["environment"] == null);
    }

    [Fact]
    public void Every_container_has_no_right_that_it_does_not_need()
    {
        foreach (var (name, service) in Services)
        {
            service!["read_only"]!.GetValue<bool>().ShouldBeTrue(name);
            service["cap_drop"].Strings().ShouldBe(["ALL"], name);
            service["security_opt"].Strings().ShouldBe(["no-new-privileges:true"], name);
            ((int)service["pids_limit"]!).ShouldBe(512, name);
            ((string)service["logging"]!["driver"]!).ShouldBe("json-file", name);
            service["logging"]!["options"]!.AsObject().Select(option => option.Key).ShouldBe(["max-size", "max-file"], name);
            (service["ports"]?.AsArray().Select(port => (string)port!) ?? []).ShouldAllBe(
                port => port.StartsWith("127.0.0.1:", StringComparison.Ordinal), name);
        }
    }
}
