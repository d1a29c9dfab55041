using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using NclueGateway.Configuration;

namespace NclueGateway.Tests.Configuration;

/// <summary>Settings that change while the gateway runs: all of them are applied, or none.</summary>
public sealed class SettingsReloadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly ConfigurationManager _configuration = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeLogCollector _logs = new();
    private readonly List<string?> _taken = [];

    [Fact]
    public void A_changed_file_is_taken_when_it_has_stayed_as_it_is_for_a_second()
    {
        Write("Nclue__SecretKey", "old");
        var reload = Start();

        Write("Nclue__SecretKey", "new");
        reload.CheckFiles();
        _taken.ShouldBeEmpty();
        reload.CheckFiles();

        _taken.ShouldBe(["new"]);
        _configuration["Nclue:SecretKey"].ShouldBe("new");
        _logs.LatestRecord.Message.ShouldBe("Changed settings were applied.");
    }

    [Fact]
    public void Half_of_a_pair_that_is_being_swapped_is_not_taken()
    {
        Write("Nclue__AccessKey", "old");
        Write("Nclue__SecretKey", "old");
        var reload = Start();

        Write("Nclue__AccessKey", "new");
        reload.CheckFiles();
        Write("Nclue__SecretKey", "new");
        reload.CheckFiles();
        _taken.ShouldBeEmpty();
        reload.CheckFiles();

        _taken.ShouldBe(["new"]);
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public void A_folder_that_Kubernetes_swaps_by_a_link_is_seen()
    {
        Write(Path.Combine("..1", "Nclue__SecretKey"), "old");
        Write(Path.Combine("..2", "Nclue__SecretKey"), "new");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..1");
        File.CreateSymbolicLink(Path.Combine(_folder, "Nclue__SecretKey"), Path.Combine("..data", "Nclue__SecretKey"));
        var reload = Start();

        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data_tmp"), "..2");
        using (var move = Process.Start("mv", ["-T", Path.Combine(_folder, "..data_tmp"), Path.Combine(_folder, "..data")]))
        {
            move.WaitForExit();
        }

        reload.CheckFiles();
        reload.CheckFiles();

        _taken.ShouldBe(["new"]);
    }

    [Fact]
    public void Nothing_is_taken_while_nothing_changes()
    {
        Write("Nclue__SecretKey", "old");
        var reload = Start();

        for (var look = 0; look < 5; look++)
        {
            Write("Nclue__SecretKey", "old"); // written again with the same value
            reload.CheckFiles();
        }

        _taken.ShouldBeEmpty();
    }

    [Fact]
    public void Bad_settings_are_refused_as_a_whole_told_once_and_the_next_good_ones_are_taken()
    {
        using var reloads = new MetricCollector<long>(
            _services.GetRequiredService<IMeterFactory>(), "NclueGateway", "nclue_gateway.settings.reloads");
        Write("Nclue__SecretKey", "old");
        var reload = Start();

        Write("Nclue__SecretKey", "bad-canary");
        for (var look = 0; look < 5; look++)
        {
            reload.CheckFiles();
        }

        _taken.ShouldBeEmpty();
        _configuration["Nclue:SecretKey"].ShouldBe("old");
        var refusal = _logs.GetSnapshot().Where(log => log.Level == LogLevel.Error).ShouldHaveSingleItem();
        refusal.Message.ShouldContain("Nclue:SecretKey: it is bad");
        refusal.Message.ShouldNotContain("canary");

        Write("Nclue__SecretKey", "new");
        reload.CheckFiles();
        reload.CheckFiles();

        _taken.ShouldBe(["new"]);
        reloads.GetMeasurementSnapshot().Select(measurement => (measurement.Tags["outcome"], measurement.Value))
            .ShouldBe([("refused", 1), ("taken", 1)]);
    }

    [Fact]
    public void A_changed_secret_that_ends_in_white_space_is_refused()
    {
        Write("Nclue__AccessKey", "AK");
        Write("Nclue__SecretKey", "old");
        Write("Auth__Authority", "https://id.example.com");
        Write("Auth__Audience", "gateway");
        var reload = Start((_, _, candidate) =>
        {
            GatewaySettings.Read(candidate, new HostingEnvironment { EnvironmentName = "Production" });
            return new(() => _taken.Add(candidate["Nclue:SecretKey"]), []);
        });

        Write("Nclue__SecretKey", "new-canary \r\n");
        reload.CheckFiles();
        reload.CheckFiles();
        _logs.LatestRecord.Message.ShouldContain("Nclue:SecretKey: it ends with white space or a line break (U+0020).");
        _logs.LatestRecord.Message.ShouldNotContain("canary");
        Write("Nclue__SecretKey", "new\r\n");
        reload.CheckFiles();
        reload.CheckFiles();

        _taken.ShouldBe(["new"]);
    }

    [Fact]
    public void A_settings_file_that_is_no_JSON_is_refused_and_a_good_one_is_taken()
    {
        Write("settings.json", """{ "Nclue": { "SecretKey": "old" } }""");
        var reload = Start();

        Write("settings.json", """{ "Nclue": { "SecretKey": "new" """);
        reload.CheckFiles();
        reload.CheckFiles();
        _taken.ShouldBeEmpty();
        _configuration["Nclue:SecretKey"].ShouldBe("old");
        Write("settings.json", """{ "Nclue": { "SecretKey": "new" } }""");
        reload.CheckFiles();
        reload.CheckFiles();

        _taken.ShouldBe(["new"]);
    }

    [Fact]
    public void A_file_that_is_taken_away_is_a_setting_that_is_taken_away()
    {
        Write("Nclue__SecretKey", "old");
        var reload = Start();

        File.Delete(Path.Combine(_folder, "Nclue__SecretKey"));
        reload.CheckFiles();
        reload.CheckFiles();

        _taken.ShouldBe([null]);
    }

    public void Dispose()
    {
        _configuration.Dispose();
        _services.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private SettingsReload Start(ReloadRule? rule = null)
    {
        _configuration.AddJsonFile(Path.Combine(_folder, "settings.json"), optional: true, reloadOnChange: false);
        _configuration.AddInMemoryCollection([new("Operations:SecretsFolder", _folder)]);
        _configuration.AddSecretsFolder();
        var meters = _services.GetRequiredService<IMeterFactory>();
        return new(_configuration, rule ?? Judge, _services, meters, TimeProvider.System, new FakeLogger<SettingsReload>(_logs));
    }

    private void Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private SettingsChange Judge(IServiceProvider services, IConfiguration inUse, IConfiguration candidate)
    {
        var value = candidate["Nclue:SecretKey"];
        return value?.StartsWith("bad", StringComparison.Ordinal) == true
            ? throw new SettingsException(["Nclue:SecretKey: it is bad"])
            : new(() => _taken.Add(value), []);
    }
}
