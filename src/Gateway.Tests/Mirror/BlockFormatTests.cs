using System.Security.Cryptography;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.Tests.Mirror;

public sealed class BlockFormatTests
{
    /// <summary>Rows that do not depend on how runs are normalised.</summary>
    private static TaskRunBlock Block
    {
        get
        {
            var rows = new TaskRunRowsBuilder(64);
            rows.Add("""{"id":"a"}"""u8);
            rows.Drop();
            rows.Add("""{"id":"b"}"""u8);
            return new(3, DepartedAt: 5, rows.Build(7), FetchedAt: 1_732_000_000_000);
        }
    }

    public static TheoryData<int> Versions => [.. BlockFormat.Known.Select(format => format.Version)];

    [Theory]
    [MemberData(nameof(Versions))]
    public void What_is_written_reads_back_exactly(int version)
    {
        var format = BlockFormat.Known.Single(known => known.Version == version);

        var rows = format.Read(format.Write(Block), Block.Number, Block.FetchedAt).ShouldNotBeNull();

        rows.Json.ToArray().ShouldBe(Block.Rows.Json.ToArray());
        rows.Count.ShouldBe(3);
        rows.Total.ShouldBe(7);
        rows.Slice(0, 2).ToArray().ShouldBe(Block.Rows.Slice(0, 2).ToArray());
        rows.Slice(1, 3).ToArray().ShouldBe(Block.Rows.Slice(1, 3).ToArray());
        format.Write(Block with { Rows = rows }).ShouldBe(format.Write(Block));
    }

    /// <summary>
    /// A block as the first release wrote it. Later releases must read it as long as they support version 1.
    /// </summary>
    [Fact]
    public void Version_1_stays_what_the_first_release_wrote() =>
        Convert.ToHexString(SHA256.HashData(BlockFormat.Known.Single(format => format.Version == 1).Write(Block)))
            .ShouldBe("F9E5715C6017BFB755156D53D71E03F1461CFF3D2DD8C7FB87DB95442768C8AA");

    [Theory]
    [MemberData(nameof(Versions))]
    public void Nothing_else_is_read(int version)
    {
        var format = BlockFormat.Known.Single(known => known.Version == version);
        var bytes = format.Write(Block);

        for (var at = 0; at < bytes.Length; at++)
        {
            byte[] spoiled = [.. bytes];
            spoiled[at] ^= 0x10;
            format.Read(spoiled, Block.Number, Block.FetchedAt).ShouldBeNull($"byte {at}");
            format.Read(bytes[..at], Block.Number, Block.FetchedAt).ShouldBeNull($"{at} bytes");
        }

        format.Read([.. bytes, 0], Block.Number, Block.FetchedAt).ShouldBeNull();
        format.Read(bytes, Block.Number + 1, Block.FetchedAt).ShouldBeNull();
        format.Read(bytes, Block.Number, Block.FetchedAt + 1).ShouldBeNull();
    }
}
