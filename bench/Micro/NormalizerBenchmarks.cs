using BenchmarkDotNet.Attributes;

namespace NclueGateway.Micro;

/// <summary>The work for each response of the upstream.</summary>
[MemoryDiagnoser]
public class NormalizerBenchmarks
{
    private readonly ReadOnlyMemory<byte> _body = Blocks.Body(0);

    /// <summary>Converts a response body to the rows of a block; returns their number.</summary>
    [Benchmark(Description = "normalising a block of 100 runs")]
    public int Normalize() => Blocks.Normalize(_body).Count;

}
