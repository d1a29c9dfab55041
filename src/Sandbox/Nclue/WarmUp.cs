using System.Security.Cryptography;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// Sends one signed request for a full page through the simulator's whole pipeline before other requests are accepted.
/// Otherwise the JIT compilation of the first request would shift the arrival times that are measured later.
/// </summary>
internal static class WarmUp
{
    public static async Task RunAsync(SimulatedNclue nclue, TimeProvider time, CancellationToken cancellationToken)
    {
        const string accessKey = "warm-up";
        var secretKey = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var address = new Uri(nclue.BaseAddress, SimulatedTaskRunList.Path + "?index=0&limit=100");
        nclue.Keys[accessKey] = secretKey;
        try
        {
            using var handler = new SocketsHttpHandler { UseProxy = false };
            handler.SslOptions.RemoteCertificateValidationCallback =
                (_, certificate, _, _) => certificate?.GetCertHashString() == nclue.Certificate?.GetCertHashString();
            using var client = new HttpClient(handler);
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            Sign(request, accessKey, secretKey, time.GetUtcNow());
            using var response = await client.SendAsync(request, cancellationToken);
            response.EnsureSuccessStatusCode();
        }
        finally
        {
            nclue.Keys.Remove(accessKey);
        }
    }

    private static void Sign(HttpRequestMessage request, string accessKey, string secretKey, DateTimeOffset now)
    {
        var timestamp = $"{now.ToUnixTimeMilliseconds()}";
        request.Headers.Add(SignatureCheck.TimestampHeader, timestamp);
        request.Headers.Add(SignatureCheck.AccessKeyHeader, accessKey);
        var signature = SignatureCheck.Compute("GET", request.RequestUri!.PathAndQuery, timestamp, accessKey, secretKey);
        request.Headers.Add(SignatureCheck.SignatureHeader, signature);
    }
}
