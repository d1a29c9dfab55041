using NclueGateway.Operations.Telemetry;

namespace NclueGateway.Tests.Operations;

public sealed class StripedCountTests
{
    [Fact]
    public void However_many_add_at_once_nothing_is_lost()
    {
        var count = new StripedCount();

        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 50_000; i++)
            {
                count.Add(3);
                count.Add(-1);
            }
        });

        count.Total.ShouldBe(8 * 50_000 * 2);
    }
}
