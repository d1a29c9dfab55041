using Microsoft.Extensions.Time.Testing;
using NclueGateway.Nclue;

namespace NclueGateway.Tests.Nclue;

public sealed class PacedStreamTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly MemoryStream _wire = new();
    private readonly Pacer _pacer;
    private readonly PacedStream _stream;

    public PacedStreamTests()
    {
        _pacer = new(new(), _clock);
        _stream = new(_wire, _pacer);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    [Fact]
    public async Task A_request_with_a_departure_is_written()
    {
        _pacer.TryDepart()!.Begin();

        await _stream.WriteAsync("abc"u8.ToArray(), Token);

        _wire.ToArray().ShouldBe("abc"u8.ToArray());
    }

    [Fact]
    public async Task A_request_without_a_departure_is_not()
    {
        await Should.ThrowAsync<IOException>(async () => await _stream.WriteAsync("abc"u8.ToArray(), Token));

        _wire.Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_second_request_needs_a_second_departure()
    {
        _pacer.TryDepart()!.Begin();
        await _stream.WriteAsync("abc"u8.ToArray(), Token);
        _clock.Advance(TimeSpan.FromMinutes(1));

        await Should.ThrowAsync<IOException>(() => _stream.WriteAsync("def"u8.ToArray(), 0, 3, Token));
        _wire.Length.ShouldBe(3);

        _pacer.TryDepart()!.Begin();
        await _stream.WriteAsync("def"u8.ToArray(), Token);
        _wire.Length.ShouldBe(6);
    }

    [Fact]
    public async Task Only_the_first_request_of_a_connection_is_one_on_a_new_connection()
    {
        _pacer.TryDepart()!.Begin();
        await _stream.WriteAsync("abc"u8.ToArray(), Token);
        _pacer.UntilOpen.ShouldBe(2 * _pacer.Interval);

        _clock.Advance(2 * _pacer.Interval);
        _pacer.TryDepart()!.Begin();
        await _stream.WriteAsync("abc"u8.ToArray(), Token);
        _pacer.UntilOpen.ShouldBe(_pacer.Interval);
    }

    [Fact]
    public void Nothing_can_be_written_past_the_pacer()
    {
        _pacer.TryDepart()!.Begin();

        Should.Throw<NotSupportedException>(() => _stream.Write([1], 0, 1));
        Should.Throw<NotSupportedException>(() => _stream.Write([1]));
        Should.Throw<NotSupportedException>(() => _stream.WriteByte(1));
        Should.Throw<NotSupportedException>(() => _stream.EndWrite(_stream.BeginWrite([1], 0, 1, null, null)));
        _wire.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Reading_needs_no_departure()
    {
        _wire.Write("abc"u8);
        _wire.Position = 0;
        var buffer = new byte[4];

        (await _stream.ReadAsync(buffer.AsMemory(0, 1), Token)).ShouldBe(1);
        (await _stream.ReadAsync(buffer.AsMemory(1, 1), Token)).ShouldBe(1);
        _stream.Read(buffer, 2, 1).ShouldBe(1);

        buffer.ShouldBe("abc\0"u8.ToArray());
    }

    [Fact]
    public async Task Closing_it_closes_the_connection()
    {
        await _stream.DisposeAsync();

        _wire.CanRead.ShouldBeFalse();
    }
}
