using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>The parameters of queries as callers send them.</summary>
public sealed class QueryParameterTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 29, 12, 0, 0, TimeSpan.FromHours(9));

    private static readonly ListedRun[] Runs =
    [
        new("hangul") { Name = "봄 세일 예측", CreatedAt = ListedRun.At(Noon), TaskId = "a b&c", Model = new("NFM02", "nfm2") },
        new("first-moment") { CreatedAt = ListedRun.At(Noon.AddHours(-12)), Model = new("NFM2", "nfm2") },
        new("day-before") { CreatedAt = ListedRun.At(Noon.AddHours(-12).AddSeconds(-1)), Model = new("NFM1", "nfm1") },
        new("no-time") { Name = "Caf\u00e9 ÄÖ", Status = new("failed", "failed"), Failure = new("OBS UPLOAD FAILED", "OBS_UPLOAD_FAILED") },
    ];

    /// <summary>Addresses after the list's, and the parameters that are wrong in them.</summary>
    public static TheoryData<string, string[]> Wrong => new()
    {
        { "status=done", ["status"] },
        { "status=completed&status=Failed", ["status"] },
        { "status=", ["status"] },
        { "status=completed&status=", ["status"] },
        { "status", ["status"] },
        { "taskId=", ["taskId"] },
        { string.Join('&', Enumerable.Range(0, 21).Select(n => $"taskId={n}")), ["taskId"] },
        { string.Join('&', Enumerable.Range(0, 21).Select(n => $"featureId={n}")), ["featureId"] },
        { "model=", ["model"] },
        { "modelStatus=old", ["modelStatus"] },
        { "failureCode=obs_upload_failed", ["failureCode"] },
        { "createdAfter=yesterday", ["createdAfter"] },
        { "createdBefore=2026-11-29T12:00:00", ["createdBefore"] }, // no offset
        { "createdAfter=2026-02-30", ["createdAfter"] },
        { "createdAfter=2026-11-29T25:00:00Z", ["createdAfter"] },
        { "createdAfter=2026-11-29T12:00:00%2B99:00", ["createdAfter"] },
        { "createdAfter=2026-11-29%00", ["createdAfter"] },
        { "createdAfter=٢٠٢٦-11-29", ["createdAfter"] },
        { "createdAfter=2026-11-29&createdAfter=2026-11-30", ["createdAfter"] },
        { "completedAfter=&completedBefore=1", ["completedAfter", "completedBefore"] },
        { "q=", ["q"] },
        { "q=%20%20", ["q"] },
        { "q=" + new string('a', 101), ["q"] },
        { "q=a&q=b", ["q"] },
        { "sort=status", ["sort"] },
        { "sort=%2BcreatedAt", ["sort"] },
        { "sort=name,createdAt", ["sort"] },
        { "sort=name&sort=-name", ["sort"] },
        { "sort=name&limit=0", ["limit"] },
        { "sort=name&limit=101", ["limit"] },
        { "sort=name&limit=20&limit=20", ["limit"] },
        { "sort=name&limit=", ["limit"] },
        { "sort=name&index=-1", ["index"] },
        { "sort=name&index=10000001", ["index"] },
        { "sort=name&index=1e3", ["index"] },
        { "partial=true", ["partial"] },
        { "partial=true&limit=10&index=0", ["partial"] },
        { "sort=name&partial=false", ["partial"] },
        { "sort=name&partial=", ["partial"] },
        { "sort=name&cursor=", ["cursor"] },
        { "Status=completed", ["Status"] },
        { "sort=name&per=day", ["per"] },
        { "=x", [""] },
        { "status[]=completed&sort=x&limit=0&q=&nothing=1&nothing=2", ["status[]", "sort", "limit", "q", "nothing"] },
    };

    /// <summary>Addresses with a wrong value, the parameter, and a part of the error.</summary>
    public static TheoryData<string, string, string> Allowed => new()
    {
        { "status=x", "status", "registered, pending, in_progress, completed, failed or unknown" },
        { "modelStatus=x", "modelStatus", "active, deprecated or unknown" },
        { "failureCode=x", "failureCode", "OBS_UPLOAD_FAILED" },
        { "sort=x", "sort", "createdAt, -createdAt, completedAt, -completedAt, durationSeconds, -durationSeconds, name or -name" },
        { "sort=name&limit=x", "limit", "1 to 100" },
        { "sort=name&index=x", "index", "0 to 10000000" },
        { "sort=name&partial=x", "partial", "true" },
        { "createdAfter=x", "createdAfter", "(2026-11-28)" },
    };

    /// <summary>Addresses after the list's, and the ids of the runs that they find.</summary>
    public static TheoryData<string, string> Found => new()
    {
        { "q=봄", "hangul" },
        { "q=\u1107\u1169\u11b7", "hangul" }, // decomposed
        { "q=세일 봄", "hangul" },
        { "q=보", "" }, // a part of a syllable
        { "q=CAFE\u0301", "no-time" },
        { "q=äö", "no-time" },
        { "q=obs_upload", "no-time" },
        { "q=obs_upload hangul", "" }, // each in another run
        { "createdAfter=2026-11-29", "hangul first-moment" }, // its midnight in Seoul
        { "createdBefore=2026-11-29", "day-before" },
        { "createdAfter=2026-11-29T12:00:00+09:00", "hangul" }, // arrives with a blank
        { "createdAfter=2026-11-29T12:00:00%2B09:00", "hangul" },
        { "createdAfter=2026-11-29t03:00:00.000000000z", "hangul" },
        { "createdAfter=2026-11-29T12:00:00.1%2B09:00", "" },
        { "createdBefore=2026-11-29T12:00:00%2B09:00", "first-moment day-before" },
        { "createdAfter=0001-01-02", "hangul first-moment day-before" },
        { "createdBefore=9999-12-31", "hangul first-moment day-before" },
        { "model=nfm2", "hangul first-moment" },
        { "model=NFM02", "hangul first-moment" },
        { "model=NFM02&model=NFM2", "hangul first-moment" },
        { "model=NFM20", "" },
        { "taskId=a+b%26c", "hangul" },
        { "taskId=a+b%26c&taskId=x", "hangul" },
        { "taskId=A+b%26c", "" }, // exact
        { "status=failed&status=failed&status=pending", "no-time" },
        { "status=failed&q=봄", "" },
        { "sort=name", "no-time hangul day-before first-moment" },
    };

    [Fact]
    public void Every_parameter_that_is_read_is_described()
    {
        var parser = File.ReadAllText(Path.Combine(Repository.Root, "src/Gateway/TaskRuns/Queries/QueryParser.cs"));
        var read = Regex.Matches(parser, @"parameters(?:\.\w+\(|, )""(\w+)""").Select(match => match.Groups[1].Value).Distinct();
        string[] paths = ["/api/task-runs", "/api/task-runs/summary"];

        paths.SelectMany(path => PublishedContract.Document["paths"]![path]!["get"]!["parameters"]!.AsArray())
            .Where(parameter => parameter!["in"]!.ToString() == "query")
            .Select(parameter => parameter!["name"]!.ToString())
            .Distinct()
            .ShouldBe(read, ignoreOrder: true);
    }

    [Fact]
    public async Task Each_wrong_parameter_is_named_in_one_response()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(Runs);
        foreach (var (query, names) in Wrong.Select(row => row.Data))
        {
            var refused = await gateway.AskAsync($"/api/task-runs?{query}");

            refused.Status.ShouldBe(HttpStatusCode.BadRequest, query);
            refused.Errors().Keys.ShouldBe(names, ignoreOrder: true, query);
        }
    }

    [Fact]
    public async Task An_error_says_which_values_are_allowed()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(Runs);
        foreach (var (query, name, allowed) in Allowed.Select(row => row.Data))
        {
            (await gateway.AskAsync($"/api/task-runs?{query}")).Errors()[name].ShouldContain(allowed);
        }
    }

    [Fact]
    public async Task Queries_find_the_runs_that_they_describe()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(Runs);
        foreach (var (query, ids) in Found.Select(row => row.Data))
        {
            foreach (var form in new[] { NormalizationForm.FormC, NormalizationForm.FormD })
            {
                var page = await gateway.AskAsync($"/api/task-runs?{query.Normalize(form)}");

                page.Status.ShouldBe(HttpStatusCode.OK, query);
                string.Join(' ', page.Ids()).ShouldBe(ids, query);
                page.Total.ShouldBe(page.Ids().Length);
            }
        }
    }

    [Fact]
    public async Task A_query_of_4_kB_can_be_followed_to_its_end()
    {
        var ids = Enumerable.Range(0, 20).Select(n => new string((char)('a' + n), 190)).ToArray();
        await using var gateway = await QueryHosts.StartCompleteAsync(
            ids.Select((id, n) => new ListedRun($"{n}") { TaskId = id, CreatedAt = ListedRun.At(Noon.AddHours(-n)) }).ToArray());
        List<PageResponse> pages = [await gateway.AskAsync($"/api/task-runs?limit=6&{string.Join('&', ids.Select(id => $"taskId={id}"))}")];

        await gateway.FollowAsync(pages, "next");

        pages.SelectMany(page => page.Ids()).ShouldBe(Enumerable.Range(0, 20).Select(n => $"{n}"));
    }

    [Fact]
    public async Task A_query_whose_links_would_not_fit_into_a_header_is_refused_by_its_longest_parameter()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(Runs);

        var refused = await gateway.AskAsync($"/api/task-runs?status=failed&taskId={new string('a', 2_000)}&taskId={new string(',', 900)}");

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Errors().Keys.ShouldBe(["taskId"]);
    }

    [Fact]
    public async Task Equal_queries_are_one_query_for_cursors()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(Runs);
        var first = await gateway.AskAsync("/api/task-runs?model=NFM2&createdAfter=2026-11-29&status=completed&status=failed&limit=1");

        var cursor = first.Link("next")!.Split("cursor=")[1];
        var second = await gateway.AskAsync(
            $"/api/task-runs?cursor={cursor}&limit=1&status=failed&status=completed&createdAfter=2026-11-28T15:00:00Z&model=nfm02"
                + "&sort=-createdAt");

        second.Status.ShouldBe(HttpStatusCode.OK, second.Text);
        second.Ids().ShouldBe(["first-moment"]);
    }

    [Fact]
    public async Task Without_another_parameter_a_page_is_of_NCLUEs_own_list()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(Runs);

        var page = await gateway.ReadPatientlyAsync();

        page.Ids().ShouldBe(Runs.Select(run => run.Id));
        page.Json.ContainsKey("complete").ShouldBeFalse();
        page.Link("monitor").ShouldBeNull();
    }

    [Fact]
    public async Task A_date_is_midnight_of_the_gateways_zone()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync(Runs, ("Nclue:TimeZone", "Etc/UTC")); // NCLUE's times too

        (await gateway.AskAsync("/api/task-runs?createdAfter=2026-11-29T00:00:00Z")).Ids().ShouldBe(["hangul", "first-moment"]);
        (await gateway.AskAsync("/api/task-runs?createdAfter=2026-11-29")).Ids().ShouldBe(["hangul", "first-moment"]);
    }
}
