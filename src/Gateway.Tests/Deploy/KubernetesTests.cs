using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using k8s;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Deploy;

public sealed class KubernetesTests
{
    private const string Base = "deploy/kubernetes/base";
    private const string Example = "deploy/kubernetes/overlays/example";

    /// <summary>Paths of all manifests. A kustomization is none: it is for kubectl only.</summary>
    public static TheoryData<string> Manifests =>
    [
        .. Directory.GetFiles(DeployedFiles.PathOf("deploy/kubernetes"), "*.yaml", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "kustomization.yaml")
            .Select(file => Path.GetRelativePath(Repository.Root, file)),
    ];

    private static readonly JsonNode Deployment = Read("deployment.yaml")["spec"]!;

    private static JsonNode Pod => Deployment["template"]!["spec"]!;

    private static JsonNode Container => Pod["containers"]!.AsArray().Single()!;

    [Fact]
    public void The_gateway_starts_with_the_settings_of_the_example_and_its_numbers_fit_the_deployment()
    {
        using var services = Compose();
        var (nclue, operations) = (services.GetRequiredService<NclueOptions>(), services.GetRequiredService<OperationsOptions>());
        var rollout = Deployment["strategy"]!["rollingUpdate"]!;
        var grace = Seconds(Pod["terminationGracePeriodSeconds"]);

        nclue.ReplicaCount.ShouldBe((int)Deployment["replicas"]! + (int)rollout["maxSurge"]!);
        ((int)rollout["maxUnavailable"]!).ShouldBe(0);
        grace.ShouldBeGreaterThanOrEqualTo(operations.DrainDelay + OperationsExtensions.RequestCompletionTimeout);
        Seconds(Deployment["minReadySeconds"]).ShouldBeGreaterThanOrEqualTo(grace, "a pod that stops would meet the next one that does");
        operations.Port.ShouldBe(Port("management"));
        operations.DrainDelay.ShouldBeGreaterThan(Seconds(Container["readinessProbe"]!["periodSeconds"]));
    }

    [Fact]
    public void Memory_is_enough_for_the_longest_list_and_the_most_streams()
    {
        using var services = Compose();

        DeployedFiles.MostMemory(services).ShouldBeLessThan(DeployedFiles.HeapOf((string)Container["resources"]!["limits"]!["memory"]!));
    }

    [Fact]
    public void The_ingress_admits_the_streams_of_all_replicas_also_while_one_ends_its_own()
    {
        using var services = Compose();
        var most = services.GetRequiredService<ChangesOptions>().MaxStreams;
        var limits = DeployedFiles.ReadYaml($"{Example}/ingress-changes.yaml")["metadata"]!["annotations"]!;

        Annotation(limits, "limit-connections").ShouldBe(most * (int)Deployment["replicas"]!);
        var drain = services.GetRequiredService<OperationsOptions>().DrainDelay;
        (most / drain.TotalSeconds).ShouldBeLessThan(Annotation(limits, "limit-rps"));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_manifest_has_only_fields_of_its_kind(string path) =>
        KubernetesYaml.LoadAllFromString(File.ReadAllText(DeployedFiles.PathOf(path)), strict: true).ShouldHaveSingleItem();

    [Fact]
    public void Secrets_are_files_where_the_gateway_looks_for_them_and_nowhere_else()
    {
        var secret = DeployedFiles.ReadYaml($"{Example}/secret.example.yaml");
        var volume = Pod["volumes"]!.AsArray().Single()!;
        var mount = Container["volumeMounts"]!.AsArray().Single()!;

        using var services = Compose();
        ((string)mount["mountPath"]!).ShouldBe(services.GetRequiredService<OperationsOptions>().SecretsFolder);
        mount["name"]!.ToString().ShouldBe(volume["name"]!.ToString());
        ((bool)mount["readOnly"]!).ShouldBeTrue();
        ((string)volume["secret"]!["secretName"]!).ShouldBe((string)secret["metadata"]!["name"]!);
        secret["stringData"]!.AsObject().ShouldAllBe(entry => entry.Value!.ToString() == "");
        Container["env"].ShouldBeNull();
        Settings().Keys.Intersect(secret["stringData"]!.AsObject().Select(entry => entry.Key)).ShouldBeEmpty();
        Resources(Example).ShouldNotContain("secret.example.yaml");
    }

    [Fact]
    public void The_pod_has_no_right_that_it_does_not_need()
    {
        var (pod, container) = (Pod["securityContext"]!, Container["securityContext"]!);

        ((bool)pod["runAsNonRoot"]!).ShouldBeTrue();
        ((string)pod["seccompProfile"]!["type"]!).ShouldBe("RuntimeDefault");
        ((bool)container["readOnlyRootFilesystem"]!).ShouldBeTrue();
        ((bool)container["allowPrivilegeEscalation"]!).ShouldBeFalse();
        container["capabilities"]!["drop"].Strings().ShouldBe(["ALL"]);
        ((bool)Pod["automountServiceAccountToken"]!).ShouldBeFalse();
        ((bool)Read("serviceaccount.yaml")["automountServiceAccountToken"]!).ShouldBeFalse();
        ((string)Pod["serviceAccountName"]!).ShouldBe((string)Read("serviceaccount.yaml")["metadata"]!["name"]!);
        Container["resources"]!["limits"]!.AsObject().Select(limit => limit.Key).ShouldBe(["memory", "ephemeral-storage"]);
        Container["resources"]!["requests"]!.AsObject().Select(request => request.Key).ShouldBe(["cpu", "memory", "ephemeral-storage"]);
    }

    [Fact]
    public void The_namespace_refuses_pods_that_want_more()
    {
        var space = DeployedFiles.ReadYaml($"{Example}/namespace.yaml");

        ((string)space["metadata"]!["name"]!).ShouldBe((string)DeployedFiles.ReadYaml($"{Example}/kustomization.yaml")["namespace"]!);
        ((string)space["metadata"]!["labels"]!["pod-security.kubernetes.io/enforce"]!).ShouldBe("restricted");
        Resources(Example).ShouldContain("namespace.yaml");
    }

    [Theory]
    [InlineData("startupProbe", "/health/live")]
    [InlineData("livenessProbe", "/health/live")]
    [InlineData("readinessProbe", "/health/ready")]
    public void Probes_ask_on_the_port_of_callers(string probe, string path)
    {
        var get = Container[probe]!["httpGet"]!;

        ((string)get["path"]!).ShouldBe(path);
        ((string)get["port"]!).ShouldBe("management", "callers may have taken all connections of the other");
        DeployedFiles.ReadDockerfile()
            .ShouldContain(
                line => line.Instruction == "ENV" && line.Text.Contains($"ASPNETCORE_HTTP_PORTS={Port("http")} "));
    }

    [Fact]
    public void The_management_port_is_open_to_Prometheus_only()
    {
        var rules = Read("networkpolicy.yaml")["spec"]!["ingress"]!.AsArray();

        rules.ShouldAllBe(rule => rule!["from"] != null && rule["ports"] != null); // a rule without them allows all traffic
        var forManagement = rules.Where(rule => Ports(rule!).Any(port => port is not "http")).ShouldHaveSingleItem()!;
        Ports(forManagement).ShouldBe(["management"]);
        var from = forManagement["from"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)from["podSelector"]!["matchLabels"]!["app.kubernetes.io/name"]!).ShouldBe("prometheus");
        from["namespaceSelector"]!["matchLabels"].ShouldNotBeNull();
        Read("service.yaml")["spec"]!["ports"]!.AsArray().Select(port => (string)port!["targetPort"]!).ShouldBe(["http"]);
    }

    [Fact]
    public void The_way_out_leads_to_names_the_internet_over_TLS_Redis_and_the_collector()
    {
        var policy = Read("networkpolicy.yaml")["spec"]!;
        var rules = policy["egress"]!.AsArray();

        policy["policyTypes"].Strings().ShouldBe(["Ingress", "Egress"]);
        rules.ShouldAllBe(rule => rule!["to"]!.AsArray().Count == 1);
        rules.Select(rule => string.Join(' ', Ports(rule!).Distinct())).ShouldBe(["53", "443", "6379", "4317 4318"]);
        var internet = rules.Select(rule => rule!["to"]![0]!["ipBlock"]).OfType<JsonNode>().ShouldHaveSingleItem();
        var except = internet["except"].Strings().Select(network => IPNetwork.Parse(network)).ToList();
        foreach (var inside in new[] { "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1" })
        {
            except.ShouldContain(network => network.Contains(IPAddress.Parse(inside)), inside);
        }

        rules.Where(rule => rule!["to"]![0]!["ipBlock"] == null)
            .ShouldAllBe(rule => rule!["to"]![0]!["podSelector"]!["matchLabels"] != null);
    }

    [Fact]
    public void Everything_is_about_the_same_pods()
    {
        var labels = Deployment["template"]!["metadata"]!["labels"]!;
        var budget = Read("poddisruptionbudget.yaml")["spec"]!;
        JsonNode?[] selectors =
        [
            Deployment["selector"]!["matchLabels"],
            Read("service.yaml")["spec"]!["selector"],
            budget["selector"]!["matchLabels"],
            Read("networkpolicy.yaml")["spec"]!["podSelector"]!["matchLabels"],
            .. Pod["topologySpreadConstraints"]!.AsArray().Select(constraint => constraint!["labelSelector"]!["matchLabels"]),
        ];

        selectors.ShouldAllBe(selector => JsonNode.DeepEquals(selector, labels));
        ((int)budget["maxUnavailable"]!).ShouldBeLessThan((int)Deployment["replicas"]!);
        Pod["topologySpreadConstraints"]!.AsArray().Select(constraint => (string)constraint!["topologyKey"]!)
            .ShouldBe(["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
    }

    [Fact]
    public void Every_manifest_is_rendered_and_none_scales_by_itself()
    {
        var manifests = Directory.GetFiles(DeployedFiles.PathOf(Base), "*.yaml")
            .Select(Path.GetFileName)
            .Except(["kustomization.yaml"])
            .ToList();

        Resources(Base).ShouldBe(manifests!, ignoreOrder: true);
        manifests.Select(manifest => (string)Read(manifest!)["kind"]!).ShouldNotContain("HorizontalPodAutoscaler");
        Resources(Example).ShouldContain("../../base");
    }

    private static ServiceProvider Compose() => DeployedFiles.Compose(
        Settings(), DeployedFiles.ReadYaml($"{Example}/secret.example.yaml")["stringData"]!.AsObject().Select(entry => entry.Key));

    /// <summary>Returns the values of the base, overridden by those of the example.</summary>
    private static Dictionary<string, string> Settings()
    {
        var settings = DeployedFiles.ReadEnvironment($"{Base}/settings.env");
        foreach (var (name, value) in DeployedFiles.ReadEnvironment($"{Example}/settings.env"))
        {
            settings[name] = value;
        }

        return settings;
    }

    private static JsonNode Read(string manifest) => DeployedFiles.ReadYaml($"{Base}/{manifest}");

    private static string[] Resources(string folder) => DeployedFiles.ReadYaml($"{folder}/kustomization.yaml")["resources"].Strings();

    private static int Port(string name) =>
        (int)Container["ports"]!.AsArray().Single(port => (string)port!["name"]! == name)!["containerPort"]!;

    private static string[] Ports(JsonNode rule) => [.. rule["ports"]!.AsArray().Select(port => port!["port"]!.ToString())];

    private static int Annotation(JsonNode annotations, string name) =>
        int.Parse((string)annotations[$"nginx.ingress.kubernetes.io/{name}"]!, CultureInfo.InvariantCulture);

    private static TimeSpan Seconds(JsonNode? number) => TimeSpan.FromSeconds((int)number!);
}
