using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Upstream;

/// <summary>
/// The settings limit the duration and the length of the upstream's responses. A failure never looks like a short list.
/// </summary>
public sealed class BoundedCallTests
{
    private const int MaxBytes = 64 * 1024;

    private static readonly Dictionary<string, string?> SmallResponses = new()
    {
        ["Nclue:MaxResponseBytes"] = MaxBytes.ToString(CultureInfo.InvariantCulture),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_response_of_the_longest_length_is_read()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 30 }, SmallResponses);
        gateway.Nclue.Fault = new() { Oversize = MaxBytes };

        var page = await gateway.ReadAsync(limit: 100);

        page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
        page.Runs.Length.ShouldBe(30);
    }

    [Fact]
    public async Task A_response_of_one_byte_more_is_not()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 30 }, SmallResponses);
        gateway.Nclue.Fault = new() { Oversize = MaxBytes + 1 };

        var page = await gateway.ReadAsync(limit: 100);

        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        page.Problem.ShouldBe("/problems/upstream-malformed");
        ((string?)page.Json["detail"]).ShouldBe("NCLUE's response is longer than 65536 bytes.");
    }

    [Fact]
    public async Task A_refusal_is_bounded_too_and_means_what_its_head_says()
    {
        await using var upstream = RawUpstream.Start(RawUpstream.Http(429, new byte[5 * 1024 * 1024]));
        await using var gateway = await Calls.StartGatewayAsync(upstream);

        (await gateway.CallAsync()).Failure.ShouldNotBeNull().Kind.ShouldBe(NclueFailureKind.Throttled);
    }

    [Fact]
    public async Task A_refusal_whose_body_breaks_off_is_still_a_refusal()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new() { Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "7" }, Cut = true };

        var failure = (await gateway.CallAsync()).Failure.ShouldNotBeNull();

        failure.Kind.ShouldBe(NclueFailureKind.Throttled);
        failure.RetryAfter.ShouldBe(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task A_response_that_drips_ends_by_the_clock_however_often_a_piece_comes()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new() { Drip = TimeSpan.FromSeconds(4) };
        var began = gateway.Clock.GetUtcNow();

        var outcome = await gateway.WhileTimePassesAsync(gateway.CallAsync());

        outcome.Failure.ShouldNotBeNull().Kind.ShouldBe(NclueFailureKind.TimedOut);
        outcome.Failure.Detail.ShouldBe("NCLUE did not respond within 10 s.");
        (gateway.Clock.GetUtcNow() - began).ShouldBeInRange(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_response_that_drips_in_time_is_read()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new() { Drip = TimeSpan.FromMilliseconds(200) };

        var outcome = await gateway.WhileTimePassesAsync(gateway.CallAsync());

        outcome.Failure.ShouldBeNull();
    }

    [Fact]
    public async Task A_response_that_never_begins_ends_by_the_clock()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Nclue:Timeout"] = "00:00:02.5" });
        gateway.Nclue.Fault = new() { Delay = TimeSpan.FromHours(1) };
        var began = gateway.Clock.GetUtcNow();

        var outcome = await gateway.WhileTimePassesAsync(gateway.CallAsync());

        outcome.Failure.ShouldNotBeNull().Kind.ShouldBe(NclueFailureKind.TimedOut);
        outcome.Failure.Detail.ShouldBe("NCLUE did not respond within 2.5 s.");
        (gateway.Clock.GetUtcNow() - began).ShouldBeInRange(TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task A_caller_learns_of_a_timeout_as_such()
    {
        await using var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Nclue:Timeout"] = "00:00:02",
            ["Cache:WaitFor"] = "00:00:04",
        });
        gateway.Nclue.Fault = new() { Drip = TimeSpan.FromSeconds(1) };

        var page = await gateway.WhileTimePassesAsync(gateway.ReadAsync());

        page.Status.ShouldBe(HttpStatusCode.GatewayTimeout);
        page.Problem.ShouldBe("/problems/upstream-timeout");
    }

    [Fact]
    public async Task A_body_that_is_cut_is_a_failure_and_not_a_short_list()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new() { Cut = true };

        var page = await gateway.WhileTimePassesAsync(gateway.ReadAsync());
        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        page.Problem.ShouldBe("/problems/upstream-error");

        gateway.Nclue.Fault = null;
        gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        var whole = await gateway.WhileTimePassesAsync(gateway.ReadAsync(limit: 100));
        whole.Runs.Length.ShouldBe(100);
        whole.Total.ShouldBe(250);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"runs\":[]}")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{\"runs\":[]}\r\n")]
    public async Task Less_than_was_announced_is_a_failure_even_where_it_could_be_read(string response)
    {
        await using var upstream = RawUpstream.Start(response, closes: true);
        await using var gateway = await Calls.StartGatewayAsync(upstream);

        var failure = (await gateway.CallAsync()).Failure.ShouldNotBeNull();

        failure.Kind.ShouldBe(NclueFailureKind.Unreachable);
        failure.Detail.ShouldBe("NCLUE's response was cut off.");
    }

    [Fact]
    public async Task A_refused_connection_is_a_failure_until_it_is_accepted_again()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.Nclue.PauseAsync(Token);

        var page = await gateway.WhileTimePassesAsync(gateway.ReadAsync());
        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        page.Problem.ShouldBe("/problems/upstream-error");
        ((string?)page.Json["detail"]).ShouldBe("NCLUE cannot be reached (ConnectionError).");

        await gateway.Nclue.ResumeAsync(Token);
        gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        (await gateway.WhileTimePassesAsync(gateway.ReadAsync())).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_a_failure()
    {
        await using var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Nclue:BaseAddress"] = "https://nclue.invalid/api/v1/",
        });

        (await gateway.CallAsync()).Failure.ShouldNotBeNull().Kind.ShouldBe(NclueFailureKind.Unreachable);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"runs\":null}")]
    [InlineData("{\"runs\":[]")]
    [InlineData("{\"runs\":[]}x")]
    [InlineData("<html>Bad gateway</html>")]
    [InlineData("{\"error\":{\"errorCode\":\"200\",\"message\":\"Authentication Failed\"}}")]
    public async Task A_body_that_is_no_list_is_never_an_empty_list(string body)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = body.Length == 0 ? new() { Empty = true } : new Fault { Body = body };

        var page = await gateway.ReadAsync();

        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        page.Problem.ShouldBe("/problems/upstream-malformed");
        page.Text.ShouldNotContain("Authentication Failed");
        page.Text.ShouldNotContain("<html>");
    }

    /// <summary>Responses that no web server would send.</summary>
    [Theory]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("HTTP/1.1\r\n\r\n")]
    [InlineData("HTTP/1.1 999999 X\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: \u0000\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000")]
    public async Task A_client_gets_a_problem_for_any_invalid_response(string response)
    {
        await using var upstream = RawUpstream.Start(response);
        await using var gateway = await Calls.StartGatewayAsync(upstream);

        var page = await gateway.WhileTimePassesAsync(gateway.ReadAsync(), upstream);

        page.Status.ShouldBeOneOf(HttpStatusCode.BadGateway, HttpStatusCode.GatewayTimeout);
        gateway.Logs.GetSnapshot().ShouldAllBe(record => record.Level < LogLevel.Error);
    }

    [Fact]
    public async Task Headers_without_end_are_a_failure()
    {
        await using var upstream = RawUpstream.Start("HTTP/1.1 200 OK\r\nX: " + new string('x', 1_000_000));
        await using var gateway = await Calls.StartGatewayAsync(upstream);

        (await gateway.CallAsync()).Failure.ShouldNotBeNull().Kind.ShouldBe(NclueFailureKind.Unreachable);
    }

    [Fact]
    public async Task A_gateway_that_stops_does_not_wait_for_the_upstream()
    {
        var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new() { Delay = TimeSpan.FromHours(1) };
        var call = gateway.Client.GetAsync("/api/task-runs", Token);
        await gateway.Nclue.WaitForArrivalsAsync(1, Token);

        await gateway.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);

        await Should.ThrowAsync<Exception>(call);
    }
}
