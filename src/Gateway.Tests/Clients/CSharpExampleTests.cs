using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Client;
using NclueGateway.Client.Example;
using NclueGateway.Sandbox;
using NclueGateway.Sandbox.Identity;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Clients;

/// <summary>The example of the C# client, as a process of its own in front of the sandbox.</summary>
[Trait("Needs", "Processes")]
public sealed class CSharpExampleTests(CSharpExampleTests.RunningSandbox running) : IClassFixture<CSharpExampleTests.RunningSandbox>
{
    private const int Runs = 250;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private SandboxHost Sandbox => running.Sandbox;

    [Fact]
    public async Task It_prints_every_run_that_the_sandbox_holds()
    {
        var (code, output, errors) = await RunAsync([], ("NCLUE_TOKEN", await Sandbox.Identity.GetServiceTokenAsync(Token)));

        code.ShouldBe(0, errors);
        errors.ShouldBeEmpty();
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        const string Pattern = "^[0-9a-f-]{36} 20[0-9T:.-]+\\+09:00 (Registered|Pending|InProgress|Completed|Failed) .+ #[0-9]{4}$";
        lines.ShouldAllBe(line => Regex.IsMatch(line, Pattern));

        // The newest come first. The sandbox adds runs, so one may appear twice. It deletes only runs that it has added.
        var numbers = lines.Select(line => int.Parse(Regex.Match(line, "(?<=#)[0-9]{4}$").Value)).Distinct().ToList();
        numbers.ShouldBe(numbers.OrderDescending());
        numbers.Where(number => number < Runs).ShouldBe(Enumerable.Range(0, Runs).Reverse());
    }

    [Fact]
    public async Task It_signs_in_with_client_credentials_and_watches()
    {
        using var example = Start(
            ["--watch"],
            ("NCLUE_TOKEN_ENDPOINT", new Uri(Sandbox.Identity.Authority, LocalIdentityEndpoints.Token).AbsoluteUri),
            ("NCLUE_CLIENT_ID", LocalIdentityProvider.ServiceClientId),
            ("NCLUE_CLIENT_SECRET", Sandbox.Identity.ServiceClientSecret),
            ("NCLUE_SCOPE", LocalIdentityProvider.ReadScope));
        try
        {
            string? line;
            do
            {
                line = await example.StandardOutput.ReadLineAsync(Token);
            }
            while (line?.StartsWith("As of ", StringComparison.Ordinal) == false);

            line.ShouldNotBeNull(await ErrorsOf(example, line)).ShouldMatch("^As of 20.*, 2[0-9]{2} runs in all:$");
        }
        finally
        {
            example.Kill();
        }
    }

    [Fact]
    public async Task It_prints_a_line_for_each_change_of_the_list()
    {
        // The sandbox's runs move by themselves.
        var (code, output, errors) = await RunAsync(
            ["--changes", "2"], ("NCLUE_TOKEN", await Sandbox.Identity.GetServiceTokenAsync(Token)));

        code.ShouldBe(0, errors);
        errors.ShouldBeEmpty();
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldMatch("^As of 20[0-9T:.-]+[+]00:00, 2[0-9]{2} runs[.]$");
        lines.Length.ShouldBeGreaterThan(2);
        lines[1..].ShouldAllBe(line => Regex.IsMatch(line, "^(Created|Updated) [0-9a-f-]{36} [A-Z]?[A-Za-z]* -> [A-Z][A-Za-z]+$"));
    }

    [Fact]
    public async Task It_prints_the_newest_failures_and_counts_all_of_them()
    {
        var (code, output, errors) = await RunAsync(["--failures"], ("NCLUE_TOKEN", await Sandbox.Identity.GetServiceTokenAsync(Token)));

        code.ShouldBe(0, errors);
        errors.ShouldBeEmpty();
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var total = int.Parse(Regex.Match(lines[0], "^As of 20.*, ([0-9]+) failed runs, the newest first:$").Groups[1].Value);
        total.ShouldBeGreaterThanOrEqualTo(10);
        lines[1..11].ShouldAllBe(line => Regex.IsMatch(line, "^[0-9a-f-]{36} 20[0-9T:.-]+\\+09:00 .+ #[0-9]{4}$"));
        lines[1..11].Select(line => line.Split(' ')[1]).ShouldBeInOrder(SortDirection.Descending);
        var counts = Regex.Match(lines[11], "^In a week ([0-9]+) runs failed, in ([0-9]+) tasks:$").Groups;
        var tasks = lines.Skip(12).Take(int.Parse(counts[2].Value)).ToList();
        tasks.Sum(line => int.Parse(line.Split(' ')[0])).ShouldBe(int.Parse(counts[1].Value));
        var days = lines.Skip(12 + tasks.Count).ToList();
        days.Sum(line => int.Parse(line.Split(' ')[1])).ShouldBe(int.Parse(counts[1].Value));
        days.ShouldAllBe(line => Regex.IsMatch(line, "^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]+$"));
    }

    [Fact]
    public async Task It_says_what_keeps_it_from_reading()
    {
        var outsider = await RunAsync([], ("NCLUE_TOKEN", await Sandbox.Identity.GetUserTokenAsync("outsider", Token)));
        var nobody = await RunAsync([], ("NCLUE_TOKEN", "nonsense"));
        var unset = await RunAsync([]);

        (outsider.Code, outsider.Output).ShouldBe((1, ""));
        outsider.Errors.ShouldStartWith("The token is good, but does not grant the right to read. Trace id: ");
        (nobody.Code, nobody.Output).ShouldBe((1, ""));
        nobody.Errors.ShouldContain("401 unauthenticated");
        (unset.Code, unset.Output, unset.Errors.Trim()).ShouldBe((1, "", "NCLUE_TOKEN_ENDPOINT is not set."));
    }

    [Fact]
    public async Task The_factory_of_clients_makes_one_that_signs_in()
    {
        var (gatewayAddress, tokenEndpoint) = (Sandbox.GatewayAddress, new Uri(Sandbox.Identity.Authority, LocalIdentityEndpoints.Token));
        var (clientId, clientSecret) = (LocalIdentityProvider.ServiceClientId, Sandbox.Identity.ServiceClientSecret);
        var services = new ServiceCollection();
        services
            .AddHttpClient<NclueGatewayClient>(http => http.BaseAddress = gatewayAddress)
            .AddHttpMessageHandler(() => new ClientCredentials(tokenEndpoint, clientId, clientSecret, "task-runs:read"));
        await using var provider = services.BuildServiceProvider();

        var page = await provider.GetRequiredService<NclueGatewayClient>().ListAsync(limit: 3, cancellationToken: Token);

        page.Runs.Count.ShouldBe(3);
    }

    [Fact]
    public void The_code_of_the_readme_is_compiled()
    {
        var clients = Path.Combine(Repository.Root, "clients", "csharp");
        string[] folders = [Path.Combine(clients, "Example"), Path.Combine(Repository.Root, "src", "Gateway.Tests", "Clients")];
        var code = folders.SelectMany(folder => Directory.GetFiles(folder, "*.cs"))
            .Select(file => Unindented(File.ReadAllText(file))).ToList();

        var samples = Regex.Matches(
            File.ReadAllText(Path.Combine(clients, "README.md")), "```csharp\n(?<code>.*?)```", RegexOptions.Singleline);

        samples.Count.ShouldBe(7);
        foreach (Match sample in samples)
        {
            code.ShouldContain(source => source.Contains(Unindented(sample.Groups["code"].Value)), sample.Value);
        }
    }

    private static string Unindented(string text) => Regex.Replace(text, "^ +", "", RegexOptions.Multiline);

    private static async Task<string> ErrorsOf(Process example, string? line) =>
        line is null ? await example.StandardError.ReadToEndAsync(Token) : "";

    private async Task<(int Code, string Output, string Errors)> RunAsync(string[] args, params (string Name, string Value)[] environment)
    {
        using var example = Start(args, environment);
        var errors = example.StandardError.ReadToEndAsync(Token);
        var output = await example.StandardOutput.ReadToEndAsync(Token);
        await example.WaitForExitAsync(Token);
        return (example.ExitCode, output, await errors);
    }

    private Process Start(string[] args, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "NclueGateway.Client.Example.dll"), .. args])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NCLUE_GATEWAY"] = Sandbox.GatewayAddress.AbsoluteUri },
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public sealed class RunningSandbox : IAsyncLifetime
    {
        internal SandboxHost Sandbox { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Sandbox = await SandboxHost.StartAsync(
            new() { GatewayPort = 0, NcluePort = 0, IdentityPort = 0, FrontendPort = 0, Runs = Runs }, CancellationToken.None);

        public ValueTask DisposeAsync() => Sandbox.DisposeAsync();
    }
}
