using System.Diagnostics;
using NclueGateway.Budget;
using StackExchange.Redis;

namespace NclueGateway.Tests.Deploy;

/// <summary><c>deploy/compose/secrets.sh</c>, run in a temporary folder.</summary>
public sealed class ComposeSecretsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    private string Secrets => Path.Combine(_folder, "secrets");

    [Fact]
    public async Task It_writes_the_secrets_of_the_gateway_and_Redis_to_a_folder_of_the_owner()
    {
        var (exitCode, output) = await RunAsync("AK\ncanary-of-a-secret\n");

        exitCode.ShouldBe(0);
        output.ShouldNotContain("canary");
        Read("Nclue__AccessKey").ShouldBe("AK\n");
        Read("Nclue__SecretKey").ShouldBe("canary-of-a-secret\n");
        var password = PasswordIn(Read("redis.conf"));
        password.ShouldMatch("^[0-9a-f]{64}$");
        output.ShouldNotContain(password);
        Read("redis.conf").ShouldBe($"user default off\nuser nclue-gateway on >{password} {DeployedFiles.RedisRights}\n");
        Read("ConnectionStrings__Redis").ShouldBe($"redis:6379,user=nclue-gateway,password={password}\n");
        new DirectoryInfo(Secrets).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.GetFiles(Secrets).ShouldAllBe(file => new FileInfo(file).UnixFileMode.HasFlag(UnixFileMode.OtherRead));
    }

    [Fact]
    public async Task Secrets_that_are_there_stay_as_they_are()
    {
        await RunAsync("AK\nSK\n");
        var users = Read("redis.conf");

        var (exitCode, output) = await RunAsync("other\nother\n");

        exitCode.ShouldBe(1);
        output.ShouldContain("is there already");
        (Read("Nclue__SecretKey"), Read("redis.conf")).ShouldBe(("SK\n", users));
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task Redis_starts_with_its_users_and_gives_each_no_more_than_it_needs()
    {
        await RunAsync("AK\nSK\n");
        var password = PasswordIn(Read("redis.conf"));
        await using var redis = await RedisServer.StartAsync(Path.Combine(Secrets, "redis.conf"));

        await using (var gateway = await ConnectionMultiplexer.ConnectAsync($"{redis.Address},user=nclue-gateway,password={password}"))
        {
            await gateway.GetDatabase().StringSetAsync("nclue-gateway:session:x", "y");
            var refused = await Should.ThrowAsync<RedisServerException>(gateway.GetDatabase().StringSetAsync("other", "y"));
            refused.Message.ShouldContain("NOPERM");
        }

        (await PingAsync(redis)).ShouldContain("NOAUTH"); // the health check of docker-compose.yml accepts that reply
    }

    [Theory]
    [InlineData("\n\n")]
    [InlineData("AK\n\n")]
    [InlineData("AK\n")]
    [InlineData("")]
    public async Task Without_both_keys_nothing_is_written(string typed)
    {
        (await RunAsync(typed)).ExitCode.ShouldNotBe(0);

        Directory.Exists(Secrets).ShouldBeFalse();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(int ExitCode, string Output)> RunAsync(string typed)
    {
        var script = Path.Combine(_folder, "secrets.sh");
        File.Copy(DeployedFiles.PathOf("deploy/compose/secrets.sh"), script, overwrite: true);
        using var bash = Process.Start(new ProcessStartInfo("bash", [script])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await bash.StandardInput.WriteAsync(typed);
        bash.StandardInput.Close();
        var errors = bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (bash.ExitCode, output + await errors);
    }

    private static async Task<string> PingAsync(RedisServer redis)
    {
        using var client = Process.Start(new ProcessStartInfo("redis-cli", ["-p", $"{redis.Port}", "ping"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var response = await client.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await client.WaitForExitAsync(TestContext.Current.CancellationToken);
        return response;
    }

    private static string PasswordIn(string users) => users.Split('>', ' ').Single(word => word.Length == 64);

    private string Read(string name) => File.ReadAllText(Path.Combine(Secrets, name));
}
