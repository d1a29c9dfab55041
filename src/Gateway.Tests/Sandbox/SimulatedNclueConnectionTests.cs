using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Sandbox.Nclue;
using static NclueGateway.Tests.Sandbox.SignedRequests;

namespace NclueGateway.Tests.Sandbox;

public sealed class SimulatedNclueConnectionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_arrival_is_written_down_as_it_was_on_the_wire()
    {
        var time = new FakeTimeProvider();
        await using var nclue = await SimulatedNclue.StartAsync(Options(time), Token);
        nclue.Arrivals.ShouldBeEmpty("the simulator's own warm-up is no arrival");
        nclue.BaseAddress.AbsolutePath.ShouldBe("/api/v1/");
        time.Advance(TimeSpan.FromSeconds(5));
        using var requests = new SignedRequests(nclue, time);
        var request = requests.Request("/api/v1/task-runs?limit=%37&index=100");
        request.Headers.Add("X-Extra", ["a", "b"]);

        using var response = await requests.SendAsync(request);

        var arrival = nclue.Arrivals.ShouldHaveSingleItem();
        arrival.Sequence.ShouldBe(1);
        arrival.SincePrevious.ShouldBeNull();
        arrival.Timestamp.ShouldBe(time.GetTimestamp());
        arrival.At.ShouldBe(time.GetUtcNow());
        (arrival.Method, arrival.Target, arrival.Protocol).ShouldBe(("GET", "/api/v1/task-runs?limit=%37&index=100", "HTTP/1.1"));
        (arrival.Index, arrival.Limit, arrival.Status).ShouldBe((100, 7, 200));
        arrival.Headers["x-extra"].ToString().ShouldBe("a, b");
        arrival.Headers.Keys.ShouldBe(
            ["Host", "x-ncp-apigw-timestamp", "x-ncp-iam-access-key", "x-ncp-apigw-signature-v2", "X-Extra"], ignoreOrder: true);
        arrival.ConnectionId.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Waiting_for_arrivals_ends_with_the_last_one_awaited()
    {
        await using var nclue = await SimulatedNclue.StartAsync(Options(TimeProvider.System), Token);
        nclue.Strict = false;
        using var requests = new SignedRequests(nclue, TimeProvider.System);
        var two = nclue.WaitForArrivalsAsync(2, Token);

        using var first = await requests.GetAsync();
        two.IsCompleted.ShouldBeFalse();
        using var second = await requests.GetAsync();

        (await two).Count.ShouldBe(2);
        (await nclue.WaitForArrivalsAsync(1, Token)).Count.ShouldBe(2);
        using var left = new CancellationTokenSource();
        var three = nclue.WaitForArrivalsAsync(3, left.Token);
        await left.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => three);
    }

    [Fact]
    public async Task A_request_is_stamped_when_it_is_read_not_when_it_is_handled()
    {
        var time = new FakeTimeProvider();
        var (transport, application) = (new Pipe(), new Pipe());
        var connection = new DefaultConnectionContext(
            "c", new Duplex(transport.Reader, application.Writer), new Duplex(application.Reader, transport.Writer));
        var start = time.GetTimestamp();
        await ArrivalStamp.Use(
            async inner =>
            {
                var reading = inner.Transport.Input.ReadAsync(Token);
                time.Advance(TimeSpan.FromSeconds(1));
                await transport.Writer.WriteAsync("GET"u8.ToArray(), Token);
                var read = await reading;
                time.Advance(TimeSpan.FromSeconds(5));

                inner.Transport.Input.AdvanceTo(read.Buffer.End);
                time.GetElapsedTime(start, inner.Features.Get<ArrivalStamp>()!.Timestamp).ShouldBe(TimeSpan.FromSeconds(1));
            },
            time)(connection);
    }

    [Fact]
    public async Task While_it_is_down_connections_are_refused_and_afterwards_it_is_where_it_was()
    {
        var time = new FakeTimeProvider();
        await using var nclue = await SimulatedNclue.StartAsync(Options(time), Token);
        nclue.Strict = false;
        using var requests = new SignedRequests(nclue, time);
        var address = nclue.BaseAddress;
        using var before = await requests.GetAsync();

        await nclue.PauseAsync(Token);
        await nclue.PauseAsync(Token);
        var refused = await Should.ThrowAsync<HttpRequestException>(() => requests.GetAsync());
        await nclue.ResumeAsync(Token);
        await nclue.ResumeAsync(Token);
        using var after = await requests.GetAsync();

        refused.InnerException.ShouldBeOfType<SocketException>().SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
        nclue.BaseAddress.ShouldBe(address);
        nclue.Arrivals.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Going_down_cuts_what_is_under_way()
    {
        var time = new TimerWatch();
        await using var nclue = await SimulatedNclue.StartAsync(Options(time), Token);
        nclue.Delay = TimeSpan.FromHours(1);
        using var requests = new SignedRequests(nclue, time);
        var response = requests.GetAsync();
        await time.NextWaitAsync();

        await nclue.PauseAsync(Token);

        await Should.ThrowAsync<HttpRequestException>(() => response);
    }

    [Theory]
    [InlineData("1.1", "HTTP/1.1")]
    [InlineData("2.0", "HTTP/2")]
    public async Task Over_https_it_serves_a_certificate_that_a_client_can_be_told_to_trust(string version, string protocol)
    {
        await using var nclue = await SimulatedNclue.StartAsync(
            new SimulatedNclueOptions { Keys = { [AccessKey] = SecretKey }, UseHttps = true }, Token);
        using var trusting = new SignedRequests(nclue, TimeProvider.System, Version.Parse(version));
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var other = new HttpClient(handler);

        using var response = await trusting.GetAsync();

        nclue.BaseAddress.Scheme.ShouldBe("https");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        nclue.Arrivals.Single().Protocol.ShouldBe(protocol);
        await Should.ThrowAsync<HttpRequestException>(() => other.GetAsync(nclue.FaultsAddress, Token));
    }

    [Fact]
    public async Task A_handshake_can_take_its_time_and_the_request_arrives_after_it()
    {
        var time = new TimerWatch();
        await using var nclue = await SimulatedNclue.StartAsync(
            new SimulatedNclueOptions
            {
                Keys = { [AccessKey] = SecretKey },
                UseHttps = true,
                TlsHandshakeDelay = TimeSpan.FromMilliseconds(300),
                TimeProvider = time,
            },
            Token);
        using var requests = new SignedRequests(nclue, time);
        var start = time.GetTimestamp();

        var response = requests.GetAsync();
        (await time.NextWaitAsync()).ShouldBe(TimeSpan.FromMilliseconds(300));
        nclue.Arrivals.ShouldBeEmpty();
        time.Advance(TimeSpan.FromMilliseconds(300));
        using var first = await response;
        time.Advance(TimeSpan.FromSeconds(1));
        using var second = await requests.GetAsync();

        nclue.Arrivals.Select(arrival => time.GetElapsedTime(start, arrival.Timestamp).TotalMilliseconds).ShouldBe([300, 1_300]);
        nclue.Arrivals.Select(arrival => arrival.Status).ShouldBe([200, 200]);
    }

    [Fact]
    public async Task A_port_that_was_asked_for_is_used()
    {
        int port;
        await using (var first = await SimulatedNclue.StartAsync(Options(TimeProvider.System), Token))
        {
            port = first.BaseAddress.Port;
        }

        await using var second = await SimulatedNclue.StartAsync(new SimulatedNclueOptions { Port = port }, Token);

        second.BaseAddress.Port.ShouldBe(port);
        await Should.ThrowAsync<IOException>(() => SimulatedNclue.StartAsync(new SimulatedNclueOptions { Port = port }, Token));
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
