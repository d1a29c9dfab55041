using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Sandbox.Nclue;
using static NclueGateway.Tests.Sandbox.SignedRequests;

namespace NclueGateway.Tests.Sandbox;

public sealed class SimulatedNclueListTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private SimulatedNclue _nclue = null!;
    private SignedRequests _requests = null!;

    public async ValueTask InitializeAsync()
    {
        _nclue = await SimulatedNclue.StartAsync(Options(_time), TestContext.Current.CancellationToken);
        _nclue.Strict = false;
        _requests = new SignedRequests(_nclue, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _requests.Dispose();
        await _nclue.DisposeAsync();
    }

    [Fact]
    public async Task The_list_is_JSON_that_calls_itself_text()
    {
        using var response = await _requests.GetAsync("/api/v1/task-runs?index=3&limit=2");

        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; charset=UTF-8", StringCompareShould.IgnoreCase);
        var list = await JsonAsync(response);
        list.EnumerateObject().Select(property => property.Name).ShouldBe(["index", "limit", "total", "runs"]);
        list.GetProperty("index").GetInt32().ShouldBe(3);
        list.GetProperty("limit").GetInt32().ShouldBe(2);
    }

    [Theory]
    [InlineData("", 0, 20)]
    [InlineData("?index=5", 5, 20)]
    [InlineData("?limit=1", 0, 1)]
    [InlineData("?index=200&limit=100", 200, 50)]
    [InlineData("?index=250&limit=100", 250, 0)]
    [InlineData("?index=9223372036854775807&limit=100", 250, 0)]
    public async Task Frozen_row_r_holds_run_r(string query, int first, int count)
    {
        (await _requests.RunNumbersAsync(query)).ShouldBe(Enumerable.Range(first, count));
        _nclue.Arrivals.Single().Limit.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=101")]
    [InlineData("?limit=")]
    [InlineData("?limit=-1")]
    [InlineData("?limit=20&limit=20")]
    [InlineData("?index=-1")]
    [InlineData("?index=+1")]
    [InlineData("?index=x")]
    public async Task A_parameter_out_of_range_is_refused(string query)
    {
        using var response = await _requests.GetAsync("/api/v1/task-runs" + query);

        (await ErrorAsync(response)).ShouldBe((400, "100"));
    }

    [Fact]
    public async Task Total_counts_what_it_is_told_to()
    {
        (await TotalAsync("?index=240&limit=100")).ShouldBe(250);

        _nclue.TotalCounts = TotalCounts.Answer;
        (await TotalAsync("?index=240&limit=100")).ShouldBe(10);

        _nclue.TotalCounts = TotalCounts.Absent;
        (await _requests.ListAsync()).TryGetProperty("total", out _).ShouldBeFalse();

        async Task<int> TotalAsync(string query) => (await _requests.ListAsync(query)).GetProperty("total").GetInt32();
    }

    [Fact]
    public async Task Index_can_count_pages()
    {
        _nclue.IndexUnit = SimulatedIndexUnit.Page;

        (await _requests.RunNumbersAsync("?index=2&limit=100")).ShouldBe(Enumerable.Range(200, 50));
        (await _requests.RunNumbersAsync("?index=100&limit=100")).ShouldBeEmpty();
        (await _requests.RunNumbersAsync("?index=9223372036854775807&limit=100")).ShouldBeEmpty();
        (await _requests.ListAsync("?index=2&limit=3")).GetProperty("index").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task The_list_grows_and_shrinks_while_it_is_served()
    {
        _nclue.Runs.Count = 2;
        (await _requests.RunNumbersAsync()).ShouldBe([0, 1]);

        _nclue.Runs.Count = 4;
        (await _requests.RunNumbersAsync()).ShouldBe([0, 1, 250, 251]);

        _nclue.Runs.Prepend(2);
        (await _requests.RunNumbersAsync()).ShouldBe([253, 252, 0, 1, 250, 251]);

        _nclue.Runs.RemoveFirst(3);
        (await _requests.RunNumbersAsync()).ShouldBe([1, 250, 251]);
        _nclue.Runs.NumberAt(0).ShouldBe(1);
    }

    [Fact]
    public async Task Frozen_runs_are_final_and_never_change()
    {
        var before = (await _requests.ListAsync("?limit=100")).GetRawText();
        _time.Advance(TimeSpan.FromDays(400));

        var after = await _requests.ListAsync("?limit=100");

        after.GetRawText().ShouldBe(before);
        Strings(after, "status").Distinct().Order().ShouldBe(["complete", "completed", "failed"]);
    }

    [Fact]
    public async Task Rows_differ_the_way_the_documentation_allows()
    {
        var list = await _requests.ListAsync("?limit=100");
        var runs = list.GetProperty("runs").EnumerateArray().ToArray();

        Strings(list, "run_id").Distinct().Count().ShouldBe(100);
        Strings(list, "run_id").ShouldAllBe(id => IsGuid(id));
        Strings(list, "nclue_model_name").Distinct().Order().ShouldBe(["NFM02", "NFM2"]);
        Strings(list, "nclue_model_status").Distinct().Order().ShouldBe(["active", "deprecated"]);
        Strings(list, "fail_message").Distinct().Count().ShouldBeGreaterThan(3);
        Strings(list, "run_name").ShouldContain(name => name!.Contains("예측", StringComparison.Ordinal));
        foreach (var optional in new[] { "nclue_model_name", "completed_at", "fail_message", "line_count", "task_name", "feature_name" })
        {
            runs.Select(run => run.TryGetProperty(optional, out _)).Distinct().Count().ShouldBe(2, optional);
        }

        Strings(list, "created_at").ShouldAllBe(time => time!.Length == "2024-11-22T08:54:46".Length);
        Strings(list, "result_file_path").Count.ShouldBe(100);
    }

    [Fact]
    public async Task Korean_is_sent_as_it_is()
    {
        using var response = await _requests.GetAsync();

        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("예측");
    }

    private static bool IsGuid(string? id) => Guid.TryParseExact(id, "D", out _);

    private static List<string?> Strings(JsonElement list, string property) =>
    [
        .. list.GetProperty("runs").EnumerateArray()
            .Where(run => run.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String)
            .Select(run => run.GetProperty(property).GetString()),
    ];
}
