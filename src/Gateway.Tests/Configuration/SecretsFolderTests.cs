using Microsoft.Extensions.Configuration;
using NclueGateway.Configuration;
using NclueGateway.Hosting;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Configuration;

public sealed class SecretsFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task The_gateway_starts_with_secrets_as_Kubernetes_lays_them_out()
    {
        await using var issuer = await TestIssuer.StartAsync(TimeProvider.System);
        var settings = GatewayProgram.Good(issuer);
        foreach (var name in new[] { "Nclue__AccessKey", "Nclue__SecretKey" })
        {
            Write(Path.Combine("..2026_11_25", name), settings[name] + "\n");
            File.CreateSymbolicLink(Path.Combine(_folder, name), Path.Combine("..data", name));
            settings.Remove(name);
        }

        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..2026_11_25");
        settings["Operations__SecretsFolder"] = _folder;

        using var gateway = GatewayProgram.Start(settings);
        var address = await GatewayProgram.ReadAddressAsync(gateway, []);
        gateway.Kill();

        address.ShouldNotBeNull(await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task A_file_wins_over_the_environment_and_the_command_line_over_both()
    {
        Write("Nclue__Timeout", "file");
        Write("Nclue__RequestInterval", "file");
        Write("Nclue__SecretKey", "canary-of-a-secret");
        Write("Nclue__NoSuchKey", "canary-of-a-secret");
        var environment = new Dictionary<string, string>
        {
            ["Operations__SecretsFolder"] = _folder,
            ["Nclue__Timeout"] = "environment",
            ["Nclue__RequestInterval"] = "environment",
            ["Cache__FreshFor"] = "environment",
        };

        var (exitCode, _, errors) = await GatewayProgram.RunAsync(environment, "--Nclue:RequestInterval=command line");

        exitCode.ShouldBe(1);
        errors.ShouldContain("Nclue:Timeout: 'file' is");
        errors.ShouldContain("Nclue:RequestInterval: 'command line' is");
        errors.ShouldContain("Cache:FreshFor: 'environment' is");
        errors.ShouldContain("Nclue:NoSuchKey: there is no such setting.");
        errors.ShouldNotContain("Nclue:SecretKey");
        errors.ShouldNotContain("canary");
    }

    [Fact]
    public void Files_that_are_no_settings_and_hidden_ones_change_nothing()
    {
        Write("urls", "http://*:80");
        Write("keys.pem", "-----BEGIN");
        Write("Nclue", "canary");
        Write(".Nclue__Account", "hidden");
        Write(Path.Combine("Nclue__Folder", "Nclue__Account"), "deeper");
        Write("Nclue__TimeZone", "Asia/Tokyo\n");

        var read = Read(_folder);

        read.AsEnumerable().Where(setting => setting.Value is not null).Select(setting => (setting.Key, setting.Value))
            .ShouldBe([("Nclue:TimeZone", "Asia/Tokyo"), ("Operations:SecretsFolder", _folder)], ignoreOrder: true);
    }

    [Theory]
    [InlineData("utf-8", "secret\n", "secret")]
    [InlineData("utf-8", "secret\r\n", "secret")]
    [InlineData("utf-8", "\ufeffsecret\r\n", "secret")]
    [InlineData("utf-16", "\ufeffsecret\r\n", "secret")] // PowerShell 5: echo secret > file
    [InlineData("utf-8", "secret", "secret")]
    [InlineData("utf-8", "a\r\nb\r\n", "a\r\nb")]
    [InlineData("utf-8", "secret\r\n\r\n", "secret\r\n")] // a mistake: see InvisibleTextTests
    public void The_line_break_at_the_end_of_a_file_is_not_part_of_the_value(string encoding, string content, string value)
    {
        File.WriteAllBytes(Path.Combine(_folder, "Nclue__SecretKey"), System.Text.Encoding.GetEncoding(encoding).GetBytes(content));

        var configuration = Read(_folder);

        configuration["Nclue:SecretKey"].ShouldBe(value);
        new NclueGateway.Configuration.SettingsFiles(configuration).Read()["Nclue:SecretKey"].ShouldBe(value); // and at a reload
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_a_mistake_that_names_it()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "Nclue__SecretKey"), "gone");

        Should.Throw<SettingsException>(() => Read(_folder)).Mistakes.ShouldHaveSingleItem()
            .ShouldStartWith($"Operations:SecretsFolder: Could not find file '{Path.Combine(_folder, "Nclue__SecretKey")}'");
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("/run/secrets", null)]
    [InlineData("secrets", "Operations:SecretsFolder: 'secrets' is not an absolute path.")]
    [InlineData("/no/such/folder", "Operations:SecretsFolder: there is no folder '/no/such/folder'.")]
    public void A_folder_that_is_named_has_to_be_there(string folder, string? mistake)
    {
        var settings = new SettingsReader(Read(folder));
        settings.Read<OperationsOptions>(OperationsOptions.Section);

        (Record.Exception(settings.ThrowIfMistaken) as SettingsException)?.Mistakes.ShouldHaveSingleItem().ShouldBe(mistake);
        (Record.Exception(settings.ThrowIfMistaken) is null).ShouldBe(mistake is null);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ConfigurationManager Read(string folder)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([new("Operations:SecretsFolder", folder)]);
        configuration.AddSecretsFolder();
        return configuration;
    }

    private void Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
