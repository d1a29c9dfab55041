using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;

namespace NclueGateway.Micro;

/// <summary>
/// The same requests as <see cref="GatewayBenchmarks"/>, with an application that only returns the same responses.
/// </summary>
[MemoryDiagnoser]
public class BareBenchmarks
{
    private Measured? _bare;
    private Requests _page = null!;
    private Requests _unchanged = null!;

    /// <summary>Number of callers that take turns.</summary>
    public int Callers { get; set; } = Surroundings.Callers;

    [GlobalSetup]
    public async Task StartAsync()
    {
        await using var surroundings = await Surroundings.StartAsync(Callers);
        var (page, unchanged) = await RecordedResponse.OfGatewayAsync(surroundings);
        _bare = await Measured.BareAsync(page, unchanged, inMemory: true);
        _page = new(_bare, surroundings.Tokens, StatusCodes.Status200OK, page.Body.Length);
        _unchanged = new(_bare, surroundings.Tokens, StatusCodes.Status304NotModified, 0, page.Tag);
    }

    [GlobalCleanup]
    public async Task StopAsync() => await _bare!.DisposeAsync();

    /// <summary>Requests the whole page; returns the length of the last body in bytes.</summary>
    [Benchmark(Description = "whole request in memory, bare application, 200", OperationsPerInvoke = Requests.InBatch)]
    public int Whole() => _page.Send(isAudited: false);

    /// <summary>Requests the page with its current tag; returns 0.</summary>
    [Benchmark(Description = "whole request in memory, bare application, 304", OperationsPerInvoke = Requests.InBatch)]
    public int Unchanged() => _unchanged.Send(isAudited: false);
}
