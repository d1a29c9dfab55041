using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;

namespace NclueGateway.Micro;

/// <summary>
/// Whole requests through the gateway in memory. With the audit on, a request counts until another thread has written
/// its audit event.
/// </summary>
[MemoryDiagnoser]
public class GatewayBenchmarks
{
    private Surroundings? _surroundings;
    private Measured? _gateway;
    private Requests _page = null!;
    private Requests _unchanged = null!;

    /// <summary>True if reads are audited.</summary>
    [Params(false, true)]
    public bool HasAudit { get; set; }

    /// <summary>Number of callers that take turns.</summary>
    public int Callers { get; set; } = Surroundings.Callers;

    [GlobalSetup]
    public async Task StartAsync()
    {
        _surroundings = await Surroundings.StartAsync(Callers);
        _gateway = await Measured.GatewayAsync(_surroundings, HasAudit, inMemory: true);
        var page = await RecordedResponse.OfAsync(_gateway.Connection, Page.Request(_surroundings.Tokens[0]));
        _page = new(_gateway, _surroundings.Tokens, StatusCodes.Status200OK, page.Body.Length);
        _unchanged = new(_gateway, _surroundings.Tokens, StatusCodes.Status304NotModified, 0, page.Tag);
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _gateway!.DisposeAsync();
        await _surroundings!.DisposeAsync();
    }

    /// <summary>Requests the whole page from the cache; returns the length of the last body in bytes.</summary>
    [Benchmark(Description = "whole request in memory, gateway, 200", OperationsPerInvoke = Requests.InBatch)]
    public int Whole() => _page.Send(HasAudit);

    /// <summary>Requests the page with its current tag; returns 0.</summary>
    [Benchmark(Description = "whole request in memory, gateway, 304", OperationsPerInvoke = Requests.InBatch)]
    public int Unchanged() => _unchanged.Send(HasAudit);
}
