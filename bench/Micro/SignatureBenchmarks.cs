using BenchmarkDotNet.Attributes;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Micro;

/// <summary>The work for each request to the upstream.</summary>
[MemoryDiagnoser]
public class SignatureBenchmarks
{
    /// <summary>Computes the signature of the request for the first block.</summary>
    [Benchmark(Description = "signature of one request")]
    public string Sign() => NcpSignature.Sign("GET", "/api/v1/task-runs?index=0&limit=100", 1_700_000_000_000, "AK_TEST", "SK_TEST");
}
