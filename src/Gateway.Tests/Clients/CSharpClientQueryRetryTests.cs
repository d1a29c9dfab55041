using System.Net;
using System.Text;
using NclueGateway.Client;
using NclueGateway.Tests.Sandbox;
using NclueGateway.Tests.Upstream;
using static NclueGateway.Tests.Clients.CSharpClientQueryResponseTests;
using static NclueGateway.Tests.Clients.CSharpClientResponseTests;
using static NclueGateway.Tests.Upstream.RawUpstream;

namespace NclueGateway.Tests.Clients;

/// <summary>Queries that the C# client sends again: after a wait, or from the first page.</summary>
public sealed class CSharpClientQueryRetryTests
{
    private static readonly TaskRunQuery Everything = new();

    private readonly TimerWatch _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_version_that_expires_further_on_each_time_is_begun_anew_until_one_does_not()
    {
        await using var server = Sending(
            Result(0, "a"), Result(2, "b"), Expired(), // at row 2
            Result(0, "c"), Result(2, "d"), Result(4, "e"), Expired(), // further on
            Result(0, "f"), Result(2, "g"), Result(4, "h"), Expired()); // not further on
        var pages = new List<TaskRunPage>();

        var failure = await Should.ThrowAsync<NclueGatewayException>(async () =>
        {
            await foreach (var page in Client(server).ListPagesAsync(Everything with { Limit = 2 }, Token))
            {
                pages.Add(page);
            }
        });

        (failure.StatusCode, failure.Problem!.Slug).ShouldBe((HttpStatusCode.Gone, ProblemSlugs.CursorExpired));
        string.Concat(pages.Select(page => page.Runs[0].Id)).ShouldBe("abcdefgh");
        server.Requests.Count.ShouldBe(11);
        server.Requests.Where(head => !head.Contains("cursor=")).ShouldAllBe(head => head.Contains("?sort=-createdAt&limit=2 "));
    }

    [Fact]
    public async Task Only_an_expired_cursor_begins_anew()
    {
        await using var atOnce = Sending(Expired());
        await using var other = Sending(Result(0, "a"), RawUpstream.Http(410, []));

        (await FailureAsync(atOnce)).Problem!.Slug.ShouldBe(ProblemSlugs.CursorExpired); // there was no cursor
        (await FailureAsync(other)).Problem.ShouldBeNull();

        (atOnce.Requests.Count, other.Requests.Count).ShouldBe((1, 2));

        Task<NclueGatewayException> FailureAsync(RawUpstream server) => Should.ThrowAsync<NclueGatewayException>(
            Client(server).ListAllAsync(Everything, Token).ToListAsync(Token).AsTask());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("list-incomplete", 40, 60, 0, true)]
    [InlineData("list-incomplete", 40, null, 60, true)]
    [InlineData("list-incomplete", 40, null, 30, false)]
    [InlineData("list-incomplete", 40, 39, 60, false)]
    [InlineData("list-incomplete", 1, 0, 60, false)]
    [InlineData("upstream-busy", 40, 60, 30, false)]
    public async Task Only_the_wait_for_the_list_has_a_maximum_of_its_own(string slug, int wait, int? list, int retry, bool isWaitedFor)
    {
        await using var server = Sending(Busy(slug, wait), Result(0, "a"));
        var client = new NclueGatewayClient(Network(server), _time)
        {
            MaxListWait = list is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            MaxRetryWait = TimeSpan.FromSeconds(retry),
        };

        var read = client.ListAsync(Everything, TestContext.Current.CancellationToken);

        if (isWaitedFor)
        {
            (await _time.NextWaitAsync()).ShouldBe(TimeSpan.FromSeconds(wait));
            _time.Advance(TimeSpan.FromSeconds(wait));
            (await read).Runs.Count.ShouldBe(1);
        }
        else
        {
            (await Should.ThrowAsync<NclueGatewayException>(read)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(wait));
            server.Requests.Count.ShouldBe(1);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Waits_for_the_list_and_others_add_up_apart()
    {
        await using var server = Sending(
            Busy("list-incomplete", 40), Busy("upstream-busy", 20), Busy("list-incomplete", 20), Busy("list-incomplete", 1));
        var client = new NclueGatewayClient(Network(server), _time) { MaxListWait = TimeSpan.FromSeconds(60) };

        var read = client.GetAsync("a", TestContext.Current.CancellationToken);
        foreach (var wait in new[] { 40, 20, 20 })
        {
            (await _time.NextWaitAsync()).ShouldBe(TimeSpan.FromSeconds(wait));
            _time.Advance(TimeSpan.FromSeconds(wait));
        }

        (await Should.ThrowAsync<NclueGatewayException>(read)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        Should.Throw<ArgumentOutOfRangeException>(() => new NclueGatewayClient(Network(server)) { MaxListWait = TimeSpan.FromTicks(-1) });
    }

    /// <summary>Starts a server that sends these responses, and then closes the connection.</summary>
    private static RawUpstream Sending(params byte[][] responses) => Start(n => Task.FromResult(responses.ElementAtOrDefault(n - 1)));

    private static byte[] Expired() => Problem(410, "cursor-expired", "Link: </api/task-runs?sort=-createdAt>; rel=\"first\"");

    private static byte[] Busy(string slug, int seconds) => Problem(503, slug, $"Retry-After: {seconds}");

    private static byte[] Problem(int status, string slug, string header) => RawUpstream.Http(
        status,
        Encoding.UTF8.GetBytes($$"""{"type":"/problems/{{slug}}","title":"T","status":{{status}},"traceId":"t"}"""),
        "Content-Type: application/problem+json",
        header);

    private NclueGatewayClient Client(RawUpstream server) => new(Network(server), _time);
}
