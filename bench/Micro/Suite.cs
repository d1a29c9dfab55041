namespace NclueGateway.Micro;

/// <summary>All benchmarks in the order of the results, from the smallest components to whole requests.</summary>
internal static class Suite
{
    public static IReadOnlyList<Type> Types =>
    [
        typeof(SignatureBenchmarks), typeof(NormalizerBenchmarks), typeof(PageBenchmarks), typeof(TokenBenchmarks), typeof(BareBenchmarks),
        typeof(GatewayBenchmarks),
    ];
}
