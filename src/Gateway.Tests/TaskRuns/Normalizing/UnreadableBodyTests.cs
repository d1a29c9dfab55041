using System.Text;
using static NclueGateway.Tests.TaskRuns.Normalizing.NormalizerInputs;

namespace NclueGateway.Tests.TaskRuns.Normalizing;

/// <summary>Bodies that cannot be read, and their errors.</summary>
public sealed class UnreadableBodyTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("\uFEFF")]
    [InlineData("Too Many Requests")]
    [InlineData("<?xml version=\"1.0\"?><responseError><returnCode>400</returnCode></responseError>")]
    [InlineData("<!doctype html><title>502</title>")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"runs\"")]
    [InlineData("{}")]
    [InlineData("""{"index":0,"limit":20,"total":0}""")]
    [InlineData("""{"runs":null}""")]
    [InlineData("""{"runs":{}}""")]
    [InlineData("""{"runs":{"runs":[]}}""")]
    [InlineData("""{"runs":"[]"}""")]
    [InlineData("""{"Runs":[]}""")]
    [InlineData("""{"runs":[],"runs":0}""")]
    [InlineData("""{"error":{"errorCode":"410","message":"Throttle Limited","details":null}}""")]
    [InlineData("""{"error":{"runs":[]}}""")]
    [InlineData("""{"runs":[]}{"runs":[]}""")]
    [InlineData("""{"runs":[]} x""")]
    [InlineData("""{"runs":[],}""")]
    [InlineData("""{"runs":[{},]}""")]
    [InlineData("""{"runs":[] /* none */}""")]
    [InlineData("""{"runs":[],"total":NaN}""")]
    [InlineData("""{"runs":[],"total":01}""")]
    [InlineData("""{"runs":[{"run_id":"\x41"}]}""")]
    [InlineData("""{"runs":[{"run_id":"\ud8"}]}""")]
    [InlineData("{\"runs\":[{\"run_id\":\"a\nb\"}]}")]
    [InlineData("{'runs':[]}")]
    public void A_body_that_is_no_list_of_runs_is_an_error_and_never_an_empty_list(string body) => ErrorOf(body).ShouldNotBeNull();

    [Theory]
    [InlineData("Q")]
    [InlineData("{\"runs\":[{\"run_id\":\"a\"},Q]}")]
    [InlineData("{\"runs\":\"Q\"}")]
    [InlineData("{\"Q\":{}}")]
    [InlineData("{\"runs\":[]}Q")]
    [InlineData("{\"runs\":[\"\\Q\"]}")]
    public void The_error_quotes_nothing_of_the_body(string body) => ErrorOf(body).ShouldNotBeNull().ShouldNotContain("Q", Case.Sensitive);

    [Fact]
    public void The_error_names_where_the_body_stops_being_JSON() =>
        ErrorOf("{\"runs\":\n [x]}").ShouldBe("the body is not JSON, or too deeply nested (line 2, byte 3)");

    [Fact]
    public void A_body_cut_off_at_any_byte_is_an_error()
    {
        const string Body = """{"total":3,"runs":[{"run_id":"가\n","line_count":1.0e0,"x":[{}]},{"run_id":"b"}],"n":[true,null,-1]}""";
        var body = Encoding.UTF8.GetBytes("\uFEFF" + Body);

        for (var length = 0; length < body.Length; length++)
        {
            ErrorOf(body[..length]).ShouldNotBeNull($"the first {length} bytes");
        }

        Ids(Normalize(body).Rows).ShouldBe(["가\\n", "b"]);
    }

    [Fact]
    public void Invalid_UTF_8_outside_a_string_is_an_error() => ErrorOf([.. """{"runs":[]"""u8, 0xFF, .. "}"u8]).ShouldNotBeNull();

    [Fact]
    public void UTF_16_is_an_error() => ErrorOf(Encoding.Unicode.GetBytes(Body())).ShouldNotBeNull();

    [Fact]
    public void A_second_byte_order_mark_is_an_error() => ErrorOf("\uFEFF\uFEFF" + Body()).ShouldNotBeNull();

    [Theory]
    [InlineData(61, true)]
    [InlineData(62, false)]
    [InlineData(100_000, false)]
    public void Nesting_is_read_to_a_depth_of_64(int arraysInRun, bool readable)
    {
        var body = Body($$"""{"run_id":"a","x":{{new string('[', arraysInRun)}}{{new string(']', arraysInRun)}}}""");

        (ErrorOf(body) is null).ShouldBe(readable);
    }
}
