using System.Text;
using Microsoft.Extensions.Primitives;
using NclueGateway.Micro;

namespace NclueGateway.Tests.Bench;

/// <summary>The clients with which <c>bench/micro.sh</c> sends whole requests: all of them get the same responses.</summary>
public sealed class MeasuredRequestTests(TwoCallers callers) : IClassFixture<TwoCallers>
{
    private readonly Surroundings _surroundings = callers.Surroundings;

    private string Token => _surroundings.Tokens[0];

    [Fact]
    public async Task The_gateway_sends_in_memory_what_it_sends_over_Kestrel()
    {
        await using var inMemory = await Measured.GatewayAsync(_surroundings, hasAudit: false, inMemory: true);
        await using var onKestrel = await Measured.GatewayAsync(_surroundings, hasAudit: false, inMemory: false);
        using var client = new KeepAliveClient(onKestrel.Address);
        client.Ask(Page.Bytes(Token)).ShouldBe(200); // fetches the block
        await RecordedResponse.OfAsync(inMemory.Connection, Page.Request(Token));

        var page = await RecordedResponse.OfAsync(inMemory.Connection, Page.Request(Token));
        client.Ask(Page.Bytes(Token)).ShouldBe(page.Status);
        client.Body.SequenceEqual(page.Body.Span).ShouldBeTrue();
        Headers(client).ShouldBe(Headers(page), ignoreOrder: true);

        var unchanged = await RecordedResponse.OfAsync(inMemory.Connection, Page.Request(Token, page.Tag));
        unchanged.Status.ShouldBe(304);
        unchanged.Body.Length.ShouldBe(0);
        client.Ask(Page.Bytes(Token, page.Tag)).ShouldBe(304);
        client.Body.Length.ShouldBe(0);
        Headers(client).ShouldBe(Headers(unchanged), ignoreOrder: true);
    }

    [Fact]
    public async Task Whoever_has_no_good_token_is_refused_by_either_way()
    {
        await using var inMemory = await Measured.GatewayAsync(_surroundings, hasAudit: false, inMemory: true);
        await using var onKestrel = await Measured.GatewayAsync(_surroundings, hasAudit: false, inMemory: false);
        using var client = new KeepAliveClient(onKestrel.Address);
        var other = Token[..^8] + (Token[^8] == 'A' ? 'B' : 'A') + Token[^7..];

        (await RecordedResponse.OfAsync(inMemory.Connection, Page.Request(other))).Status.ShouldBe(401);
        client.Ask(Page.Bytes(other)).ShouldBe(401);
        (await RecordedResponse.OfAsync(inMemory.Connection, Page.Request(Token))).Status.ShouldBe(200);
        client.Ask(Page.Bytes(Token)).ShouldBe(200);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_application_to_compare_with_sends_the_same(bool inMemory)
    {
        var (page, unchanged) = await RecordedResponse.OfGatewayAsync(_surroundings);
        await using var bare = await Measured.BareAsync(page, unchanged, inMemory);
        foreach (var (response, tag) in new[] { (page, default(StringValues?)), (unchanged, page.Tag) })
        {
            if (inMemory)
            {
                var own = await RecordedResponse.OfAsync(bare.Connection, Page.Request(Token, tag));
                own.Status.ShouldBe(response.Status);
                own.Body.ToArray().ShouldBe(response.Body.ToArray());
                own.Headers.ShouldBe(response.Headers, ignoreOrder: true);
                continue;
            }

            using var client = new KeepAliveClient(bare.Address);
            client.Ask(Page.Bytes(Token, tag)).ShouldBe(response.Status);
            client.Body.SequenceEqual(response.Body.Span).ShouldBeTrue();
            Headers(client).ShouldBe(Headers(response), ignoreOrder: true);
        }
    }

    [Fact]
    public async Task An_unexpected_response_ends_a_measurement()
    {
        await using var gateway = await Measured.GatewayAsync(_surroundings, hasAudit: false, inMemory: true);
        var page = await RecordedResponse.OfAsync(gateway.Connection, Page.Request(Token));

        new Requests(gateway, _surroundings.Tokens, 200, page.Body.Length).Send(isAudited: false).ShouldBe(page.Body.Length);
        Should.Throw<InvalidOperationException>(() => new Requests(gateway, ["other"], 200, page.Body.Length).SendOne()).Message
            .ShouldStartWith("401 with");
        Should.Throw<InvalidOperationException>(() => new Requests(gateway, _surroundings.Tokens, 200, page.Body.Length - 1).SendOne());
        Should.Throw<InvalidOperationException>(() => new Requests(gateway, _surroundings.Tokens, 304, page.Body.Length).SendOne());
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, Requests.InBatch)]
    public async Task With_the_audit_on_a_measurement_ends_when_every_event_is_written(bool hasAudit, int events)
    {
        await using var gateway = await Measured.GatewayAsync(_surroundings, hasAudit, inMemory: true);
        var page = await RecordedResponse.OfAsync(gateway.Connection, Page.Request(Token));
        gateway.Log.WaitFor(hasAudit ? 1 : 0);
        var before = gateway.Log.Events;

        new Requests(gateway, _surroundings.Tokens, 200, page.Body.Length).Send(hasAudit);

        (gateway.Log.Events - before).ShouldBe(events);
    }

    [Fact]
    public async Task The_client_allocates_nothing_for_a_request()
    {
        var (page, unchanged) = await RecordedResponse.OfGatewayAsync(_surroundings);
        await using var bare = await Measured.BareAsync(page, unchanged, inMemory: false);
        using var client = new KeepAliveClient(bare.Address);
        byte[][] requests = [Page.Bytes(Token), Page.Bytes(Token, page.Tag)];
        Ask();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Ask();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Ask()
        {
            for (var i = 0; i < 100; i++)
            {
                client.Ask(requests[i % 2]);
            }
        }
    }

    [Fact]
    public async Task The_client_says_so_when_the_connection_is_closed()
    {
        await using var bare = await Measured.BareAsync(new(200, [], default), new(304, [], default), inMemory: false);
        using var client = new KeepAliveClient(bare.Address);

        client.Ask("no HTTP\r\n\r\n"u8).ShouldBe(400);
        Should.Throw<IOException>(() => client.Ask(Page.Bytes(Token)));
    }

    /// <summary>The parts of a response that depend neither on the time nor on the server.</summary>
    private static List<string> Headers(RecordedResponse response) =>
        [.. response.Headers.Where(header => !ChangesWithTime(header.Key)).Select(header => $"{header.Key}: {header.Value}")];

    private static List<string> Headers(KeepAliveClient client) =>
        [
            .. Encoding.ASCII.GetString(client.Head)
            .Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
            .Skip(1)
            .Where(line => !ChangesWithTime(line.Split(':')[0])),
        ];

    private static bool ChangesWithTime(string header) => header is "Age" or "Cache-Status" or "Date";
}
