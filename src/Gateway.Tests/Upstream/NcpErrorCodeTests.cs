using System.Text;
using CsCheck;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Upstream;

/// <summary>Envelopes of error codes (nclue-api.md §2.4): each of NCP's layers has its own.</summary>
public sealed class NcpErrorCodeTests
{
    [Theory]
    [InlineData("""{"error":{"errorCode":"210","message":"Permission Denied"}}""", 210)]
    [InlineData("""{"error":{"errorCode":210,"message":"Permission Denied"}}""", 210)]
    [InlineData("""{"error":{"errorCode":"200","message":"Authentication Failed","details":"Invalid authentication information."}}""", 200)]
    [InlineData("""{"error":{"errorCode":130001,"message":"x","details":null}}""", 130001)]
    [InlineData("""{"error":{"code":"410","message":"Throttle Limited"}}""", 410)]
    [InlineData("""{"error":{"code":10100,"message":"ACCESS_DENIED"}}""", 10100)]
    [InlineData("""{"responseError":{"returnCode":"420","returnMessage":"Rate Limited"}}""", 420)]
    [InlineData("""{"responseError":{"returnCode":420}}""", 420)]
    [InlineData("""{"errorCode":"400","message":"Quota Exceeded"}""", 400)]
    [InlineData("""{"errorCode":400}""", 400)]
    [InlineData("""{"code":"230","msg":"Forbidden","data":null}""", 230)]
    [InlineData("""{"code":230}""", 230)]
    [InlineData("""{"status":{"code":"900","message":"x"}}""", 900)]
    [InlineData("""{"status":{"code":900}}""", 900)]
    [InlineData("""  { "error" : { "errorCode" : "0210" } }  """, 210)]
    public void A_code_is_found_in_every_envelope_as_text_and_as_a_number(string body, int code) => Code(body).ShouldBe(code);

    [Theory]
    [InlineData("""{"errorCode":2,"error":{"errorCode":1}}""", 1)]
    [InlineData("""{"error":{"errorCode":"x","code":"2"},"code":3}""", 2)]
    [InlineData("""{"error":"Unauthorized","status":401,"code":7}""", 7)]
    [InlineData("""{"error":null,"responseError":[],"errorCode":{},"code":"9"}""", 9)]
    public void The_innermost_envelope_that_has_a_code_counts(string body, int code) => Code(body).ShouldBe(code);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("410")]
    [InlineData("\"410\"")]
    [InlineData("[]")]
    [InlineData("""[{"error":{"errorCode":"210"}}]""")]
    [InlineData("{}")]
    [InlineData("""{"error":{}}""")]
    [InlineData("""{"error":"410"}""")]
    [InlineData("""{"error":{"errorCode":null}}""")]
    [InlineData("""{"error":{"errorCode":true}}""")]
    [InlineData("""{"error":{"errorCode":""}}""")]
    [InlineData("""{"error":{"errorCode":"-1"}}""")]
    [InlineData("""{"error":{"errorCode":"0x19A"}}""")]
    [InlineData("""{"error":{"errorCode":"410 Throttle Limited"}}""")]
    [InlineData("""{"error":{"errorCode":410.5}}""")]
    [InlineData("""{"error":{"errorCode":99999999999}}""")]
    [InlineData("""{"error":{"errorCode":"99999999999"}}""")]
    [InlineData("""{"ERROR":{"ERRORCODE":"210"}}""")]
    [InlineData("""{"timestamp":"2026-10-03T00:00:00Z","status":401,"error":"Unauthorized","message":"x","path":"/"}""")]
    [InlineData("""{"detail":"Not authenticated"}""")]
    [InlineData("""{"detail":[{"loc":["query","limit"],"msg":"x","type":"y"}]}""")]
    [InlineData("""{"error":{"errorCode":"210"}""")]
    [InlineData("""{"error":{"errorCode":"210"}},""")]
    [InlineData("<responseError><returnCode>210</returnCode></responseError>")]
    [InlineData("<?xml version=\"1.0\"?><Error><Code>AccessForbidden</Code></Error>")]
    [InlineData("<html><body>401</body></html>")]
    public void A_body_without_a_readable_code_has_none(string body) => Code(body).ShouldBeNull();

    [Theory]
    [InlineData("""{"error":{"errorCode":"\ud800"}}""")]
    [InlineData("""{"\ud800":1,"error":{"errorCode":"\udc00\ud800"}}""")]
    [InlineData("""{"err\ud800":1}""")]
    public void Half_a_character_is_no_code(string body) => Code(body).ShouldBeNull();

    [Fact]
    public void Bytes_that_are_no_text_are_no_code()
    {
        Code([.. "{\"error\":{\"errorCode\":\""u8, 0xff, 0xc3, .. "\"}}"u8]).ShouldBeNull();
        Code([.. "{\"error"u8, 0xff, .. "\":{\"errorCode\":\"210\"}}"u8]).ShouldBeNull();
        Code([0xff, 0xfe, 0x00, 0x01]).ShouldBeNull();
    }

    [Fact]
    public void A_body_nested_without_end_has_no_code()
    {
        Code(string.Concat(Enumerable.Repeat("{\"error\":", 100_000))).ShouldBeNull();
        Code(new string('[', 100_000) + new string(']', 100_000)).ShouldBeNull();
    }

    [Fact]
    public void No_body_makes_it_throw()
    {
        var piece = Gen.OneOf(
            "{", "}", "[", "]", ":", ",", "\"", "\"error\":", "\"errorCode\":", "\"status\":", "\"code\":", "\"210\"",
            "210", "1e9", "-", "null",
            "\\ud800", "\\u00", "\\", "\u0000", " ", "<Error>");
        Gen.OneOf(
            piece.Array[0, 12].Select(pieces => Encoding.UTF8.GetBytes(string.Concat(pieces))),
            Gen.Select(Gen.Byte.Array[0, 4], raw => (byte[])[.. "{\"error\":{\"errorCode\":\""u8, .. raw, .. "\"}}"u8]),
            Gen.Byte.Array[0, 40]).Sample(body => _ = Code(body), iter: 20_000);
    }

    private static int? Code(string body) => Code(Encoding.UTF8.GetBytes(body));

    private static int? Code(byte[] body) => NcpErrorCode.Code(body);
}
