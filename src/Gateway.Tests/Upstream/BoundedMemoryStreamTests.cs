using NclueGateway.Upstream;

namespace NclueGateway.Tests.Upstream;

public sealed class BoundedMemoryStreamTests
{
    [Fact]
    public async Task A_body_of_the_longest_length_is_kept_in_the_order_it_came()
    {
        await using var buffer = new BoundedMemoryStream(5);

        await buffer.WriteAsync(new byte[] { 1, 2 }, TestContext.Current.CancellationToken);
        buffer.Write([3], 0, 1);
        buffer.Write([4, 5]);
        buffer.Write([]);

        buffer.Written.ToArray().ShouldBe([1, 2, 3, 4, 5]);
        buffer.IsTooLong.ShouldBeFalse();
    }

    [Fact]
    public async Task A_byte_more_fails_and_says_why()
    {
        await using var buffer = new BoundedMemoryStream(5);
        buffer.Write([1, 2, 3, 4, 5]);

        Should.Throw<IOException>(() => buffer.Write([6]));

        buffer.IsTooLong.ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_too_long_at_once_is_not_stored()
    {
        await using var buffer = new BoundedMemoryStream(5);

        await Should.ThrowAsync<IOException>(async () =>
            await buffer.WriteAsync(new byte[1_000_000], TestContext.Current.CancellationToken));

        buffer.IsTooLong.ShouldBeTrue();
        buffer.Written.Length.ShouldBe(0);
    }
}
