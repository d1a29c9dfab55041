using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;

namespace NclueGateway.Micro;

/// <summary>Whole requests through the gateway in memory. With the audit each one counts until its event has been written, by a thread of its own.</summary>
[MemoryDiagnoser]
public class GatewayBenchmarks
{
    private Surroundings? _surroundings;
    private Measured? _gateway;
    private Requests _page = null!;
    private Requests _unchanged = null!;

    /// <summary>Whether reads are audited.</summary>
    [Params(false, true)]
    public bool HasAudit { get; set; }

    /// <summary>How many callers take turns.</summary>
    public int Callers { get; set; } = Surroundings.Callers;

    [GlobalSetup]
    public async Task StartAsync()
    {
        _surroundings = await Surroundings.StartAsync(Callers);
        _gateway = await Measured.GatewayAsync(_surroundings, HasAudit, inMemory: true);
        var page = await RecordedAnswer.OfAsync(_gateway.Connection, Page.Request(_surroundings.Tokens[0]));
        _page = new(_gateway, _surroundings.Tokens, StatusCodes.Status200OK, page.Body.Length);
        _unchanged = new(_gateway, _surroundings.Tokens, StatusCodes.Status304NotModified, 0, page.Tag);
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _gateway!.DisposeAsync();
        await _surroundings!.DisposeAsync();
    }

    /// <summary>The whole page, from memory; the length of the last one in bytes.</summary>
    [Benchmark(Description = "whole request in memory, gateway, 200", OperationsPerInvoke = Requests.InBatch)]
    public int Whole() => _page.Send(HasAudit);

    /// <summary>The page that the caller has already; 0.</summary>
    [Benchmark(Description = "whole request in memory, gateway, 304", OperationsPerInvoke = Requests.InBatch)]
    public int Unchanged() => _unchanged.Send(HasAudit);
}
