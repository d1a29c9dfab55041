using CsCheck;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>Random queries on random lists, beside a model that follows the documentation word by word.</summary>
public sealed class QueryPropertyTests
{
    private const int ListsOfQueries = 400;
    private const int QueriesOfList = 25;

    private static readonly QueryParser Parser = new(new NclueOptions());

    [Fact]
    public void Ten_thousand_queries_find_the_runs_that_the_model_finds_in_its_order_on_every_page() => Gen.Select(
        QueryGenerators.Lists(0, 40), Gen.Select(QueryGenerators.Questions, Gen.Int[1, 12], Gen.Int[0, 45]).Array[QueriesOfList]).Sample(
        (runs, questions) =>
        {
            var roll = ListedRun.RollOf(runs);
            foreach (var (question, limit, index) in questions)
            {
                var parameters = new QueryParameters($"?{question.Text}&limit={limit}");
                var query = Parser.ReadList(parameters);
                query.ShouldNotBeNull(string.Join(' ', parameters.FindErrors()));
                var expected = question.Find(runs);

                var selection = new RunSelection(roll, query.Filter, query.Sort);

                var first = RunSelection.First(roll, query.Filter, query.Sort, limit);
                var pages = Enumerable.Range(0, (expected.Count / limit) + 1).SelectMany(page => Ids(selection, page * limit, limit));
                var isAsExpected = selection.Page(0, 1).Total == expected.Count
                    && Ids(selection, index, limit).SequenceEqual(expected.Skip(index).Take(limit))
                    && pages.SequenceEqual(expected)
                    && first.Total == expected.Count && first.Runs.Select(run => run.Id).SequenceEqual(expected.Take(limit));
                isAsExpected.ShouldBeTrue(question.Text);
            }
        },
        iter: ListsOfQueries);

    [Fact]
    public async Task Callers_get_the_pages_of_the_model_and_can_follow_them_in_both_directions()
    {
        var runs = QueryGenerators.Lists(150, 150).Single();
        await using var gateway = await QueryHosts.StartCompleteAsync(runs);
        using var client = gateway.CreateFastClient();

        await Gen.Select(QueryGenerators.Questions, Gen.Int[1, 100]).SampleAsync(
            async (question, length) =>
            {
                var expected = question.Find(runs);
                var limit = Math.Max(length, (expected.Count / 4) + 1);
                List<PageResponse> pages = [await client.AskAsync($"/api/task-runs?{question.Text}&limit={limit}")];
                pages[0].Status.ShouldBe(System.Net.HttpStatusCode.OK, question.Text);
                await client.FollowAsync(pages, "next");
                List<PageResponse> back = [pages[^1]];
                await client.FollowAsync(back, "prev");

                pages.SelectMany(page => page.Ids()).ShouldBe(expected, question.Text);
                pages.ShouldAllBe(page => page.Total == expected.Count && (bool)page.Json["complete"]!);
                back.AsEnumerable().Reverse().SelectMany(page => page.Ids()).ShouldBe(expected, question.Text);
                back.Count.ShouldBe(pages.Count);
            },
            iter: 200,
            threads: 2);
    }

    private static IEnumerable<string> Ids(RunSelection selection, int index, int limit) =>
        selection.Page(index, limit).Runs.Select(run => run.Id);
}
