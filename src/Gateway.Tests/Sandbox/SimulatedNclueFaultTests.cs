using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using NclueGateway.Sandbox.Nclue;
using static NclueGateway.Tests.Sandbox.SignedRequests;

namespace NclueGateway.Tests.Sandbox;

public sealed class SimulatedNclueFaultTests : IAsyncLifetime
{
    private readonly TimerWatch _time = new();
    private SimulatedNclue _nclue = null!;
    private SignedRequests _requests = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _nclue = await SimulatedNclue.StartAsync(Options(_time), Token);
        _nclue.Strict = false;
        _requests = new SignedRequests(_nclue, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _requests.Dispose();
        await _nclue.DisposeAsync();
    }

    [Theory]
    [InlineData(503, "500")]
    [InlineData(504, "510")]
    [InlineData(500, "900")]
    [InlineData(403, "230")]
    [InlineData(429, "410")]
    public async Task A_status_comes_with_the_body_that_is_documented_for_it(int status, string code)
    {
        _nclue.Fault = new Fault { Status = status };

        using var response = await _requests.GetAsync();

        (await ErrorAsync(response)).ShouldBe((status, code));
        _nclue.Arrivals.Single().Status.ShouldBe(status);
        _nclue.Arrivals.Single().Refusal.ShouldBeNull("the request itself was in order");
    }

    [Fact]
    public async Task A_status_can_come_with_a_body_and_headers_of_ones_own()
    {
        _nclue.Fault = new Fault
        {
            Status = 429,
            Body = """{"error":{"errorCode":400,"message":"Quota Exceeded"}}""",
            Headers = new Dictionary<string, string> { ["Retry-After"] = "7" },
        };

        using var response = await _requests.GetAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(7));
        (await JsonAsync(response)).GetProperty("error").GetProperty("errorCode").GetInt32().ShouldBe(400);
    }

    [Fact]
    public async Task A_fault_with_a_count_ends_by_itself()
    {
        _nclue.Fault = new Fault { Status = 500, Count = 2 };

        (await StatusAsync()).ShouldBe(500);
        _nclue.Fault!.Count.ShouldBe(1);
        (await StatusAsync()).ShouldBe(500);
        _nclue.Fault.ShouldBeNull();
        (await StatusAsync()).ShouldBe(200);
    }

    [Fact]
    public async Task A_fault_hides_no_breach_of_the_rate()
    {
        _nclue.Strict = true;
        _nclue.Fault = new Fault { Status = 500 };

        (await StatusAsync()).ShouldBe(500);
        (await StatusAsync()).ShouldBe(500);

        _nclue.Arrivals.Select(arrival => arrival.Refusal).ShouldBe([null, "410 Throttle Limited"]);
    }

    [Fact]
    public async Task A_delay_holds_the_response_back_until_the_clock_has_passed_it()
    {
        _nclue.Delay = TimeSpan.FromSeconds(1);
        _nclue.Fault = new Fault { Delay = TimeSpan.FromSeconds(3) };

        var pending = _requests.GetAsync();

        (await _time.NextWaitAsync()).ShouldBe(TimeSpan.FromSeconds(4));
        (await _nclue.WaitForArrivalsAsync(1, Token)).Single().Status.ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(4));
        using var response = await pending;
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        _nclue.Arrivals.Single().Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_dripping_body_arrives_whole_but_slowly()
    {
        _nclue.Fault = new Fault { Drip = TimeSpan.FromSeconds(1) };

        var response = await _requests.Http.SendAsync(_requests.Request(), HttpCompletionOption.ResponseHeadersRead, Token);
        var body = response.Content.ReadAsByteArrayAsync(Token);
        for (var piece = 0; piece < FaultyResponse.DripPieces; piece++)
        {
            body.IsCompleted.ShouldBeFalse();
            (await _time.NextWaitAsync()).ShouldBe(TimeSpan.FromSeconds(1));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        JsonElement.Parse(await body).GetProperty("runs").GetArrayLength().ShouldBe(20);
    }

    [Fact]
    public async Task Garbage_is_not_JSON()
    {
        _nclue.Fault = new Fault { Garbage = true };

        using var response = await _requests.GetAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Should.ThrowAsync<JsonException>(() => JsonAsync(response));
    }

    [Fact]
    public async Task An_empty_body_is_empty()
    {
        _nclue.Fault = new Fault { Status = 400, Empty = true };

        using var response = await _requests.GetAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Content.Headers.ContentLength.ShouldBe(0);
    }

    [Theory]
    [InlineData(false, "1.1")]
    [InlineData(true, "1.1")]
    [InlineData(true, "2.0")]
    public async Task A_cut_body_breaks_off_in_the_middle_never_before(bool https, string version)
    {
        await using var nclue = await SimulatedNclue.StartAsync(
            new() { Keys = { [AccessKey] = SecretKey }, TimeProvider = _time, UseHttps = https, Strict = false }, Token);
        using var requests = new SignedRequests(nclue, _time, Version.Parse(version));
        nclue.Fault = new Fault { Cut = true };

        for (var attempt = 0; attempt < 5; attempt++)
        {
            using var response = await requests.Http.SendAsync(requests.Request(), HttpCompletionOption.ResponseHeadersRead, Token);
            await using var body = await response.Content.ReadAsStreamAsync(Token);

            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            await Should.ThrowAsync<IOException>(() => body.CopyToAsync(Stream.Null, Token));
        }

        nclue.Fault = null;
        using var after = await requests.GetAsync();
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_refused_connection_ends_before_the_first_byte()
    {
        _nclue.Fault = new Fault { Refuse = true };

        await Should.ThrowAsync<HttpRequestException>(() => _requests.GetAsync());

        _nclue.Arrivals.ShouldHaveSingleItem().Status.ShouldBeNull();
    }

    [Fact]
    public async Task A_connection_that_hangs_up_lures_a_client_into_sending_again()
    {
        _nclue.Fault = new Fault { HangUp = true };

        await Should.ThrowAsync<HttpRequestException>(() => _requests.GetAsync());

        _nclue.Arrivals.Count.ShouldBeGreaterThan(1);
        _nclue.Arrivals.ShouldAllBe(arrival => arrival.Status == null);
        _nclue.Arrivals.Select(arrival => arrival.Headers["x-ncp-apigw-timestamp"].ToString()).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task An_oversize_body_is_as_long_as_it_was_told_and_does_not_say_so()
    {
        _nclue.Fault = new Fault { Oversize = 5_000_001 };

        using var response = await _requests.Http.SendAsync(_requests.Request(), HttpCompletionOption.ResponseHeadersRead, Token);

        response.Content.Headers.ContentLength.ShouldBeNull();
        (await response.Content.ReadAsByteArrayAsync(Token)).Length.ShouldBe(5_000_001);
        (await JsonAsync(response)).GetProperty("runs").GetArrayLength().ShouldBe(20);
    }

    [Fact]
    public async Task A_wrong_clock_refuses_what_was_good_and_shows()
    {
        _nclue.Fault = new Fault { Clock = TimeSpan.FromMinutes(-10), Count = 1 };

        using var response = await _requests.GetAsync();

        (await ErrorAsync(response)).ShouldBe((401, "200"));
        response.Headers.Date.ShouldBe(_time.GetUtcNow().AddMinutes(-10));
        (await StatusAsync()).ShouldBe(200);
    }

    [Fact]
    public async Task The_endpoint_sets_shows_and_takes_away_a_fault_and_is_no_arrival()
    {
        using var put = await PutAsync(
            """
            {"status":503,"headers":{"Retry-After":"3"},"delay":"00:00:00.5","drip":"00:00:01",
             "oversize":9,"cut":true,"clock":"-00:06:00","count":3}
            """);
        put.StatusCode.ShouldBe(HttpStatusCode.OK);
        var fault = _nclue.Fault!;
        (fault.Status, fault.Headers!["Retry-After"]).ShouldBe((503, "3"));
        (fault.Delay, fault.Drip).ShouldBe((TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1)));
        (fault.Oversize, fault.Cut, fault.Clock, fault.Count).ShouldBe((9, true, TimeSpan.FromMinutes(-6), 3));
        (await _requests.Http.GetFromJsonAsync<Fault>(_nclue.FaultsAddress, Fault.Json, Token))!.Status.ShouldBe(503);

        using var delete = await _requests.Http.DeleteAsync(_nclue.FaultsAddress, Token);

        delete.StatusCode.ShouldBe(HttpStatusCode.OK);
        _nclue.Fault.ShouldBeNull();
        _nclue.Arrivals.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"statsus":503}""")]
    [InlineData("""{"status":99}""")]
    [InlineData("""{"count":0}""")]
    [InlineData("""{"delay":"-00:00:01"}""")]
    [InlineData("""{"oversize":-1}""")]
    [InlineData("""{"headers":{"Retry-After":"삼"}}""")]
    [InlineData("""{"headers":{"Retry After":"3"}}""")]
    [InlineData("""{"garbage":true,"empty":true}""")]
    [InlineData("status=503")]
    public async Task A_fault_that_makes_no_sense_is_refused_and_the_one_in_force_stays(string json)
    {
        var before = _nclue.Fault = new Fault { Status = 500 };

        using var response = await PutAsync(json);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        _nclue.Fault.ShouldBe(before);
    }

    [Fact]
    public void A_fault_that_makes_no_sense_cannot_be_set_in_code_either() =>
        Should.Throw<ArgumentException>(() => _nclue.Fault = new Fault { Garbage = true, Body = "{}" });

    [Fact]
    public async Task Other_methods_are_not_allowed_at_the_endpoint()
    {
        using var response = await _requests.Http.PostAsync(_nclue.FaultsAddress, content: null, Token);

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    private async Task<int> StatusAsync()
    {
        using var response = await _requests.GetAsync();
        return (int)response.StatusCode;
    }

    private async Task<HttpResponseMessage> PutAsync(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/x-www-form-urlencoded"); // as curl -d sends it
        return await _requests.Http.PutAsync(_nclue.FaultsAddress, content, Token);
    }
}
