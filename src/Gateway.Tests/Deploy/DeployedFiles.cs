using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Infrastructure;
using YamlDotNet.Serialization;

namespace NclueGateway.Tests.Deploy;

/// <summary>Reads the files with which the gateway is deployed.</summary>
internal static class DeployedFiles
{
    public static string PathOf(string path) => Path.Combine(Repository.Root, path);

    /// <summary>Rights of the gateway's user in Redis, from <c>docs/configuration.md</c>.</summary>
    public static string RedisRights => string.Join(' ', File.ReadLines(PathOf("docs/configuration.md")).Select(line => line.Trim())
        .Where(line => line.StartsWith("ACL SETUSER nclue-gateway ", StringComparison.Ordinal))
        .Select(line => line["ACL SETUSER nclue-gateway ".Length..].Replace("on >password ", "", StringComparison.Ordinal)));

    /// <summary>Reads a YAML file with one document.</summary>
    public static JsonNode ReadYaml(string path)
    {
        using var reader = File.OpenText(PathOf(path));
        var document = new DeserializerBuilder()
            .WithAttemptingUnquotedStringTypeDeserialization()
            .WithDuplicateKeyChecking()
            .Build()
            .Deserialize(reader);
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(document))!;
    }

    /// <summary>Reads the names and values of a file with one <c>NAME=value</c> a line.</summary>
    public static Dictionary<string, string> ReadEnvironment(string path) => File.ReadLines(PathOf(path))
        .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('=', 2))
        .ToDictionary(parts => parts[0], parts => parts[1]);

    public static string[] Strings(this JsonNode? list) => [.. list!.AsArray().Select(item => (string)item!)];

    /// <summary>Reads the instruction and the arguments of each line of the Dockerfile; continued lines are joined.</summary>
    public static IReadOnlyList<(string Instruction, string Text)> ReadDockerfile() =>
    [
        .. File.ReadAllText(PathOf("Dockerfile")).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ', 2, StringSplitOptions.TrimEntries))
            .Select(parts => (parts[0], parts[1])),
    ];

    /// <summary>Composes a gateway from environment variables and secret files, as its process does.</summary>
    /// <exception cref="NclueGateway.Configuration.SettingsException">A setting is unknown, missing or invalid.</exception>
    public static ServiceProvider Compose(IEnumerable<KeyValuePair<string, string>> settings, IEnumerable<string> secretFiles)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        var given = settings.Concat(
            secretFiles.Select(
                name => KeyValuePair.Create(name, name == "ConnectionStrings__Redis" ? "redis:6379,password=p" : "secret")));
        builder.Configuration.AddInMemoryCollection(given.Select(setting =>
            KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value)));
        builder.AddGateway();
        return builder.Services.BuildServiceProvider();
    }

    /// <summary>
    /// Returns the most memory that the settings allow, in bytes, from the figures in <c>docs/operations.md</c> (Size): a replica under
    /// load, its blocks, pages, runs and replaced versions of the list, and streams with their messages.
    /// </summary>
    public static long MostMemory(IServiceProvider services)
    {
        var cache = services.GetRequiredService<CacheOptions>();
        var runs = services.GetRequiredService<SnapshotOptions>().MaxRuns;
        var streams = services.GetRequiredService<ChangesOptions>().MaxStreams;
        return 160_000_000L + (cache.MaxBlocks * 55_000L) + cache.PageMemory
            + (runs * 1_300L) + 128_000_000
            + (streams * 40_000L) + 32_000_000;
    }

    /// <summary>Returns the part of a memory limit (<c>1Gi</c>, <c>1g</c>) that .NET uses for objects: 75 %, in bytes.</summary>
    public static long HeapOf(string limit) =>
        long.Parse(limit.TrimEnd('i', 'G', 'g'), CultureInfo.InvariantCulture) * (1L << 30) * 3 / 4;

    /// <summary>Parses a time in seconds as Compose writes it: <c>35s</c>.</summary>
    public static TimeSpan Seconds(this JsonNode? text) =>
        TimeSpan.FromSeconds(int.Parse(((string)text!).TrimEnd('s'), CultureInfo.InvariantCulture));
}
