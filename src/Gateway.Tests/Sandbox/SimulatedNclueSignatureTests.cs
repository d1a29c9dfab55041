using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Sandbox.Nclue;
using static NclueGateway.Tests.Sandbox.SignedRequests;

namespace NclueGateway.Tests.Sandbox;

public sealed class SimulatedNclueSignatureTests : IAsyncLifetime
{
    private const string Target = "/api/v1/task-runs?index=0&limit=20";
    private const string Timestamp = "1700000000000";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));
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

    [Theory]
    [InlineData("/api/v1/task-runs", "JYSRL1giV3migninIEZUDYaQLYd/YxfeULFb5oKrops=")]
    [InlineData("/api/v1/task-runs?index=0&limit=20", "jB7o9tsECpOIDrmzeVeHlPU7abSKq6X/X11jCsT28Wo=")]
    [InlineData("/api/v1/task-runs?limit=20&index=0", "0J7gINp+AZLqThxt8sL4qZ/yKZo+fHPGtScJQvm/4yw=")]
    [InlineData("/api/v1/task-runs?index=0&limit=100", "yXTmgqQ1CCecjo041EYDTn9efxo9W3zn3oZ2CrdevvM=")]
    public async Task A_signature_computed_elsewhere_is_accepted(string target, string signature)
    {
        using var response = await SendAsync("GET", target, Timestamp, AccessKey, signature);

        ((int)response.StatusCode).ShouldBe(200);
        _nclue.Arrivals.Single().Refusal.ShouldBeNull();
    }

    [Theory]
    [InlineData("POST", "/vserver/v2/createServerInstances?regionCode=KR", "xBcE26XFU55BMjppdPT7ZY3oDrqoOedfPyAn3Cq4lUw=")]
    [InlineData("GET", "/photos/puppy.jpg?query1=&query2", "/mJ1EzdbBgHdNQmHAnXGxQ8RfeESiw9oMTj/W/jyAFE=")]
    [InlineData("GET", "/api/v1/task-runs/ef667a87-0000-4000-8000-88fb69a9aff7", "z5qWhe2tmNzJttjo2RCymoA7A09JR6QbYeKuR1P0CrA=")]
    public void Published_signatures_come_out(string method, string target, string signature)
    {
        SignatureCheck.Compute(method, target, Timestamp, AccessKey, SecretKey).ShouldBe(signature);
        Sign(method, target, Timestamp).ShouldBe(signature);
    }

    [Theory]
    [InlineData("the query in another order", "/api/v1/task-runs?limit=20&index=0")]
    [InlineData("no query", "/api/v1/task-runs")]
    [InlineData("an escaped digit", "/api/v1/task-runs?index=%30&limit=20")]
    [InlineData("the host as well", "http://127.0.0.1/api/v1/task-runs?index=0&limit=20")]
    [InlineData("the path without its base", "/task-runs?index=0&limit=20")]
    public async Task A_signature_of_anything_but_the_target_on_the_wire_is_refused(string what, string other)
    {
        using var response = await SendAsync("GET", Target, Timestamp, AccessKey, Sign("GET", other, Timestamp));

        (await ErrorAsync(response)).ShouldBe((401, "200"), what);
        _nclue.Arrivals.Single().Refusal.ShouldBe("authentication: Signature");
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("get")]
    public async Task A_signature_of_another_method_is_refused(string method)
    {
        using var response = await SendAsync("GET", Target, Timestamp, AccessKey, Sign(method, Target, Timestamp));

        (await ErrorAsync(response)).ShouldBe((401, "200"));
    }

    [Fact]
    public async Task A_signature_with_another_secret_is_refused()
    {
        using var response = await SendAsync("GET", Target, Timestamp, AccessKey, Sign("GET", Target, Timestamp, secretKey: "SK_TESt"));

        (await ErrorAsync(response)).ShouldBe((401, "200"));
        (await DetailsAsync(response)).ShouldBe("Invalid authentication information.");
    }

    [Fact]
    public async Task A_timestamp_other_than_the_signed_one_is_refused()
    {
        using var response = await SendAsync("GET", Target, "1700000000001", AccessKey, Sign("GET", Target, Timestamp));

        (await ErrorAsync(response)).ShouldBe((401, "200"));
    }

    [Fact]
    public async Task An_unknown_access_key_is_refused()
    {
        using var response = await SendAsync("GET", Target, Timestamp, "AK_OTHER", Sign("GET", Target, Timestamp, "AK_OTHER"));

        (await ErrorAsync(response)).ShouldBe((401, "200"));
        _nclue.Arrivals.Single().Refusal.ShouldBe("authentication: AccessKey");
    }

    [Theory]
    [InlineData(-299_999, 200)]
    [InlineData(299_999, 200)]
    [InlineData(-300_000, 401)]
    [InlineData(300_000, 401)]
    public async Task A_timestamp_is_good_for_less_than_five_minutes_either_way(int milliseconds, int status)
    {
        var timestamp = (1_700_000_000_000 + milliseconds).ToString(CultureInfo.InvariantCulture);

        using var response = await SendAsync("GET", Target, timestamp, AccessKey, Sign("GET", Target, timestamp));

        ((int)response.StatusCode).ShouldBe(status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1700000000000")]
    [InlineData("1700000000")]
    [InlineData("9223372036854775807")]
    [InlineData("now")]
    public async Task A_timestamp_that_is_not_in_milliseconds_is_refused(string timestamp)
    {
        using var response = await SendAsync("GET", Target, timestamp, AccessKey, Sign("GET", Target, timestamp));

        (await ErrorAsync(response)).ShouldBe((401, "200"));
    }

    [Theory]
    [InlineData(null, AccessKey, "x")]
    [InlineData(Timestamp, null, "x")]
    [InlineData(Timestamp, AccessKey, null)]
    public async Task A_missing_header_is_named_as_such(string? timestamp, string? accessKey, string? signature)
    {
        using var response = await SendAsync("GET", Target, timestamp, accessKey, signature);

        (await ErrorAsync(response)).ShouldBe((401, "200"));
        (await DetailsAsync(response)).ShouldBe("Authentication information are missing.");
        response.Headers.GetValues("x-ncp-trace-id").Single().ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("POST", "/api/v1/task-runs")]
    [InlineData("DELETE", "/api/v1/task-runs/ef667a87-0000-4000-8000-88fb69a9aff7")]
    [InlineData("GET", "/api/v1/task-runs/")]
    [InlineData("GET", "/api/v1/Task-Runs")]
    [InlineData("GET", "/api/v1/task%2Druns")]
    [InlineData("GET", "/api/v1/tasks")]
    [InlineData("GET", "/")]
    public async Task Nothing_but_the_list_is_found(string method, string target)
    {
        using var response = await SendAsync(method, target, Timestamp, AccessKey, Sign(method, target, Timestamp));

        (await ErrorAsync(response)).ShouldBe((404, "300"));
    }

    [Fact]
    public async Task Keys_can_be_exchanged_while_it_runs()
    {
        _nclue.Keys["AK_NEXT"] = "SK_NEXT";
        _nclue.Keys.Remove(AccessKey);

        using var old = await SendAsync("GET", Target, Timestamp, AccessKey, Sign("GET", Target, Timestamp));
        using var next = await SendAsync("GET", Target, Timestamp, "AK_NEXT", Sign("GET", Target, Timestamp, "AK_NEXT", "SK_NEXT"));

        ((int)old.StatusCode).ShouldBe(401);
        ((int)next.StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task A_clock_that_is_off_shows_in_the_response_and_refuses_good_signatures()
    {
        _nclue.ClockOffset = TimeSpan.FromMinutes(6);

        using var response = await SendAsync("GET", Target, Timestamp, AccessKey, Sign("GET", Target, Timestamp));

        (await ErrorAsync(response)).ShouldBe((401, "200"));
        response.Headers.Date.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000 + 360));
    }

    private static async Task<string?> DetailsAsync(HttpResponseMessage response) =>
        (await JsonAsync(response)).GetProperty("error").GetProperty("details").GetString();

    private async Task<HttpResponseMessage> SendAsync(
        string method, string target, string? timestamp, string? accessKey, string? signature) =>
        await _requests.SendAsync(_requests.Request(method, target, timestamp, accessKey, signature));
}
