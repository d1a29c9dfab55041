using System.Net.Sockets;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>The choice of the tests' Redis on a machine without a container engine.</summary>
[Trait("Needs", "Processes")]
public sealed class TestRedisTests
{
    private static readonly Uri NoEngine = new("tcp://127.0.0.1:1");

    [Fact]
    public async Task Without_a_container_engine_a_process_is_used()
    {
        await using var redis = new TestRedis(given: null, NoEngine);

        (await redis.ConnectionStringAsync()).ShouldStartWith("127.0.0.1:");
    }

    [Fact]
    public async Task If_a_container_is_demanded_nothing_else_is_used()
    {
        await using var redis = new TestRedis(TestRedis.OnlyContainer, NoEngine);

        var failure = await Should.ThrowAsync<Exception>(redis.ConnectionStringAsync());

        failure.GetBaseException().ShouldBeOfType<SocketException>();
    }
}
