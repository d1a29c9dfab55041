using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Tests.Upstream;

/// <summary>The only request that the gateway signs, and requests that it refuses to sign. The key could also delete.</summary>
public sealed class NcpSignatureTransformTests
{
    private const string Base = "https://nclue.apigw.ntruss.com/api/v1/";
    private const string GoodQuery = "?index=0&limit=100";

    private static readonly NclueOptions Options = new() { BaseAddress = new(Base), AccessKey = "AK_TEST", SecretKey = "SK_TEST" };
    private static readonly FakeTimeProvider Clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));

    [Theory]
    [InlineData("?index=0&limit=100")]
    [InlineData("?index=0&limit=20")]
    [InlineData("?index=999999999&limit=1")]
    [InlineData("?index=00&limit=007")]
    public void The_list_of_task_runs_is_signed(string query)
    {
        using var request = new HttpRequestMessage();

        TryApply(request, "/task-runs", query, Base).ShouldBeNull();

        request.RequestUri!.AbsoluteUri.ShouldBe(Base + "task-runs" + query);
        request.Headers.ToDictionary(h => h.Key, h => h.Value.Single()).ShouldBe(new Dictionary<string, string>
        {
            ["x-ncp-apigw-timestamp"] = "1700000000000",
            ["x-ncp-iam-access-key"] = "AK_TEST",
            ["x-ncp-apigw-signature-v2"] = NcpSignature.Sign("GET", "/api/v1/task-runs" + query, 1_700_000_000_000, "AK_TEST", "SK_TEST"),
        });
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    [InlineData("CONNECT")]
    [InlineData("get")]
    [InlineData("GETX")]
    public void No_other_method_is_signed(string method) => ShouldRefuse(method, "/task-runs", GoodQuery);

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/tasks")]
    [InlineData("/features")]
    [InlineData("/task-runs/")]
    [InlineData("/task-runs/x")]
    [InlineData("/task-runs/ef667a87-0000-4000-8000-88fb69a9aff7")]
    [InlineData("/task-runs/../tasks")]
    [InlineData("/task-runs/..")]
    [InlineData("/../task-runs")]
    [InlineData("/x/../task-runs")]
    [InlineData("/./task-runs")]
    [InlineData("/task%2Druns")]
    [InlineData("//task-runs")]
    [InlineData("/task-runs//")]
    [InlineData("/TASK-RUNS")]
    [InlineData("/task-runsx")]
    [InlineData("/task-runs;x")]
    [InlineData("/task-runs%2fx")]
    [InlineData("/task-runs%2Fx")]
    [InlineData("/task-runs%2f..%2ftasks")]
    [InlineData("/%2e%2e/task-runs")]
    [InlineData("/task-runs%3findex=0")]
    [InlineData("/task-runs%00")]
    [InlineData("/task-runs%20")]
    [InlineData("/task-runs ")]
    [InlineData("/task-runs\n")]
    [InlineData("/task-runs\\..\\tasks")]
    [InlineData("/api/v1/task-runs")]
    [InlineData("/task‐runs")]
    public void No_other_path_is_signed(string path) => ShouldRefuse("GET", path, GoodQuery);

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?index=0")]
    [InlineData("?limit=100")]
    [InlineData("?index=&limit=100")]
    [InlineData("?index=0&limit=")]
    [InlineData("?limit=100&index=0")]
    [InlineData("?index=0&limit=100&")]
    [InlineData("?&index=0&limit=100")]
    [InlineData("?index=0&limit=100&x=1")]
    [InlineData("?index=0&index=1&limit=100")]
    [InlineData("?index=0;limit=100")]
    [InlineData("?index=-1&limit=100")]
    [InlineData("?index=+1&limit=100")]
    [InlineData("?index=1.0&limit=100")]
    [InlineData("?index=0x1&limit=100")]
    [InlineData("?index=1e3&limit=100")]
    [InlineData("?index=%30&limit=100")]
    [InlineData("?index=0%26limit=100")]
    [InlineData("?index=٣&limit=100")]
    [InlineData("?index=0&limit=100\n")]
    [InlineData("?index=0&limit=100%0A")]
    [InlineData("?index=0&limit=100%00")]
    [InlineData("?index=0&limit=100 ")]
    [InlineData("?index=0&limit=100#")]
    [InlineData("?Index=0&limit=100")]
    [InlineData("?index=1000000000&limit=100")]
    [InlineData("?index=0&limit=1000")]
    [InlineData("??index=0&limit=100")]
    public void No_other_query_is_signed(string query) => ShouldRefuse("GET", "/task-runs", query);

    [Theory]
    [InlineData("http://nclue.apigw.ntruss.com/api/v1/")]
    [InlineData("https://nclue.apigw.ntruss.com:8443/api/v1/")]
    [InlineData("https://nclue.apigw.ntruss.com:80/api/v1/")]
    [InlineData("https://user@nclue.apigw.ntruss.com/api/v1/")]
    [InlineData("https://user:password@nclue.apigw.ntruss.com/api/v1/")]
    [InlineData("https://nclue.apigw.ntruss.com@example.com/api/v1/")]
    [InlineData("https://apigw.ntruss.com/api/v1/")]
    [InlineData("https://nclue.apigw.ntruss.com.example.com/api/v1/")]
    [InlineData("https://nclue.apigw.ntruss.com./api/v1/")]
    [InlineData("https://nclue.apigw.ntruss.com/")]
    [InlineData("https://nclue.apigw.ntruss.com/api/v2/")]
    [InlineData("https://nclue.apigw.ntruss.com/api/v1/task-runs/")]
    [InlineData("https://nclue.apigw.ntruss.com:443/api/v1/")]
    [InlineData("https://NCLUE.apigw.ntruss.com/api/v1/")]
    [InlineData("https://nclue.apigw.ntruss.com/api/v2/../v1/")]
    [InlineData("https://nclue.apigw.ntruss.com/api/%76%31/")]
    [InlineData("ftp://nclue.apigw.ntruss.com/api/v1/")]
    public void No_other_destination_is_signed(string prefix) => ShouldRefuse("GET", "/task-runs", GoodQuery, prefix);

    /// <summary>Random strings of significant parts: only the one request is ever signed, and never partly.</summary>
    [Fact]
    public void Only_the_list_request_is_ever_signed()
    {
        var pathPiece = Gen.OneOf(
            "/", "//", "task-runs", "task-run", "tasks", "..", ".", "%2e", "%2f", "%5c", "\\", "api", "v1", "?", "#", "@", ":", ";",
            "\n", "\0", "%", " ", "가");
        var queryPiece = Gen.OneOf(
            "index=", "limit=", "&", "?", "0", "12", "100", "-", "%30", "\n", "\r\n", "#", "/", "..", "x", "=", ";", " ", "\0", "٣", "가");
        var methods = Gen.OneOf("GET", "GET", "GET", "GET", "DELETE", "POST", "HEAD", "get");
        var paths = Gen.OneOf(
            Gen.Const("/task-runs"),
            pathPiece.Array[0, 5].Select(pieces => "/" + string.Concat(pieces)),
            pathPiece.Array[0, 3].Select(pieces => "/task-runs" + string.Concat(pieces)));
        var queries = Gen.OneOf(
            Gen.Const(GoodQuery),
            queryPiece.Array[0, 6].Select(pieces => "?" + string.Concat(pieces)),
            queryPiece.Array[0, 2].Select(pieces => GoodQuery + string.Concat(pieces)),
            Gen.Select(queryPiece, queryPiece, (index, limit) => $"?index={index}&limit={limit}"));
        var signed = 0;

        Gen.Select(methods, paths, queries).Sample(
            (method, path, query) =>
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), (Uri?)null);
                if (TryApply(request, path, query, Base) is not null)
                {
                    request.Headers.ShouldBeEmpty();
                    request.RequestUri.ShouldBeNull();
                    return;
                }

                Interlocked.Increment(ref signed);
                request.Method.Method.ShouldBe("GET");
                request.RequestUri!.Scheme.ShouldBe("https");
                request.RequestUri.Authority.ShouldBe("nclue.apigw.ntruss.com");
                request.RequestUri.PathAndQuery.ShouldMatch(@"\A/api/v1/task-runs\?index=[0-9]+&limit=[0-9]+\z");
                request.Headers.GetValues("x-ncp-apigw-signature-v2").ShouldBe(
                    [NcpSignature.Sign("GET", request.RequestUri.PathAndQuery, 1_700_000_000_000, "AK_TEST", "SK_TEST")]);
            },
            iter: 20_000);

        signed.ShouldBeGreaterThan(0);
    }

    private static void ShouldRefuse(string method, string path, string query, string prefix = Base)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), (Uri?)null);

        TryApply(request, path, query, prefix).ShouldNotBeNull();

        request.Headers.ShouldBeEmpty();
        request.RequestUri.ShouldBeNull();
    }

    /// <summary>Applies the transform as YARP does and returns the exception that it threw.</summary>
    private static Exception? TryApply(HttpRequestMessage request, string path, string query, string prefix)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new(query);
        var transform = new NcpSignatureTransform(
            Base + NclueClient.TaskRuns,
            new(Options.Keys, NullLogger<NclueCredentials>.Instance),
            new(Clock, NullLogger<ClockSkewEstimator>.Instance),
            Clock);
        return Record.Exception(() => transform.ApplyAsync(new()
        {
            HttpContext = context,
            ProxyRequest = request,
            DestinationPrefix = prefix,
            Path = new(path),
            Query = new(context.Request),
        }).AsTask().GetAwaiter().GetResult());
    }
}
