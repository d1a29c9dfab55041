using BenchmarkDotNet.Attributes;

namespace NclueGateway.Micro;

/// <summary>What is computed for each answer of the upstream.</summary>
[MemoryDiagnoser]
public class NormalizerBenchmarks
{
    private readonly ReadOnlyMemory<byte> _body = Blocks.Body(0);

    /// <summary>From the body that came to the rows of a block; how many they are.</summary>
    [Benchmark(Description = "normalising a block of 100 runs")]
    public int Normalize() => Blocks.Normalize(_body).Count;

}
