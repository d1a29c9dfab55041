using NclueGateway.Micro;

namespace NclueGateway.Tests.Bench;

/// <summary>The fixture of measured gateways, shared by all tests of a class.</summary>
public sealed class TwoCallers : IAsyncLifetime
{
    internal Surroundings Surroundings { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Surroundings = await Micro.Surroundings.StartAsync(callers: 2);

    public ValueTask DisposeAsync() => Surroundings.DisposeAsync();
}
