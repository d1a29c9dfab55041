using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Tests.Sandbox;

/// <summary>A client of the simulator with a signer that shares no code with it.</summary>
internal sealed class SignedRequests : IDisposable
{
    public const string AccessKey = "AK_TEST";
    public const string SecretKey = "SK_TEST";

    private readonly SimulatedNclue _nclue;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public SignedRequests(SimulatedNclue nclue, TimeProvider time, Version? version = null)
    {
        _nclue = nclue;
        _time = time;
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Equals(nclue.Certificate);
        _http = new HttpClient(handler) { DefaultRequestVersion = version ?? HttpVersion.Version11 };
    }

    public HttpClient Http => _http;

    public static SimulatedNclueOptions Options(TimeProvider time, int runs = 250) => new()
    {
        Keys = { [AccessKey] = SecretKey },
        Runs = runs,
        Frozen = true,
        TimeProvider = time,
    };

    public static string Sign(string method, string target, string timestamp, string accessKey = AccessKey, string secretKey = SecretKey)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secretKey));
        hash.AppendData(Encoding.UTF8.GetBytes(method + " " + target));
        hash.AppendData("\n"u8);
        hash.AppendData(Encoding.UTF8.GetBytes(timestamp));
        hash.AppendData("\n"u8);
        hash.AppendData(Encoding.UTF8.GetBytes(accessKey));
        var base64 = new byte[44];
        Base64.EncodeToUtf8(hash.GetHashAndReset(), base64, out _, out _).ShouldBe(System.Buffers.OperationStatus.Done);
        return Encoding.ASCII.GetString(base64);
    }

    public HttpRequestMessage Request(string target = "/api/v1/task-runs")
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return Request("GET", target, timestamp, AccessKey, Sign("GET", target, timestamp));
    }

    public HttpRequestMessage Request(string method, string target, string? timestamp, string? accessKey, string? signature)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), AsIs(target))
        {
            Version = _http.DefaultRequestVersion,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Add("x-ncp-apigw-timestamp", timestamp);
        Add("x-ncp-iam-access-key", accessKey);
        Add("x-ncp-apigw-signature-v2", signature);
        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers.Add(name, value);
            }
        }
    }

    /// <summary>Keeps <c>%2D</c> in an address: without this option it would be sent as a hyphen.</summary>
    private Uri AsIs(string target) => new(
        _nclue.BaseAddress.GetLeftPart(UriPartial.Authority) + target,
        new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) =>
        await _http.SendAsync(request, TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> GetAsync(string target = "/api/v1/task-runs") => SendAsync(Request(target));

    /// <summary>Returns the list, which must be present.</summary>
    public async Task<JsonElement> ListAsync(string query = "")
    {
        using var response = await GetAsync("/api/v1/task-runs" + query);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await JsonAsync(response);
    }

    public async Task<int[]> RunNumbersAsync(string query = "") =>
    [
        .. (await ListAsync(query)).GetProperty("runs").EnumerateArray()
            .Select(run => SimulatedRun.NumberOf(run.GetProperty("run_name").GetString()!)),
    ];

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

    /// <summary>Returns status and <c>errorCode</c>, which must be a string.</summary>
    public static async Task<(int Status, string? Code)> ErrorAsync(HttpResponseMessage response)
    {
        var error = (await JsonAsync(response)).GetProperty("error");
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        return ((int)response.StatusCode, error.GetProperty("errorCode").GetString());
    }

    public void Dispose() => _http.Dispose();
}
