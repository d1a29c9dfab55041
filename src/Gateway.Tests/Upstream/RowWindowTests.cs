using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream;

public sealed class RowWindowTests
{
    [Fact]
    public void A_page_holds_its_row_and_at_least_50_rows_from_it_on_and_begins_at_most_50_before_it()
    {
        for (var row = 0; row <= 100_000; row++)
        {
            var page = RowWindow.Of(RowWindow.NumberOf(row), IndexUnit.Page);

            page.Limit.ShouldBeInRange(50, 100, $"row {row}");
            (page.Index * page.Limit).ShouldBe(page.FirstRow, $"row {row}");
            (row - page.FirstRow).ShouldBeInRange(0, 50, $"row {row}");
            (page.FirstRow + page.Limit - row).ShouldBeInRange(50, 100, $"row {row}");
        }
    }

    /// <summary>Pages that overlap by ten rows need a quarter more requests than windows that begin at any row.</summary>
    [Theory]
    [InlineData(IndexUnit.Row, 112)]
    [InlineData(IndexUnit.Page, 126)]
    internal void Windows_over_ten_thousand_rows_that_overlap_by_ten_are_few(IndexUnit unit, int most)
    {
        var (end, windows) = (0, 0);
        for (; end < 10_000; windows++)
        {
            var window = RowWindow.Of(RowWindow.NumberOf(Math.Max(0, end - 10)), unit);
            window.FirstRow.ShouldBeLessThanOrEqualTo(Math.Max(0, end - 10));
            end = window.FirstRow + window.Limit;
        }

        windows.ShouldBeLessThanOrEqualTo(most);
    }

    [Fact]
    public void Where_index_counts_rows_a_window_begins_at_its_row()
    {
        RowWindow.Of(RowWindow.NumberOf(1_234), IndexUnit.Row).ShouldBe(new(1_234, 100, 1_234));
        RowWindow.Of(RowWindow.NumberOf(1_234), IndexUnit.Page).ShouldBe(new(1_232, 88, 14));
    }

    [Fact]
    public void A_block_is_requested_as_ever()
    {
        RowWindow.Of(12, IndexUnit.Row).ShouldBe(new(1_200, 100, 1_200));
        RowWindow.Of(12, IndexUnit.Page).ShouldBe(new(1_200, 100, 12));
    }

    [Fact]
    public void No_window_has_the_number_of_a_block_or_of_a_request_without_rows()
    {
        const int lastRow = PageRequest.MaxIndex + 99;
        RowWindow.NumberOf(0).ShouldBeGreaterThan(999_999_999, "the pacer's highest block");
        RowWindow.IsWindow(RowWindow.NumberOf(0)).ShouldBeTrue();
        RowWindow.IsWindow(lastRow / NclueClient.BlockSize).ShouldBeFalse();
        RowWindow.NumberOf(lastRow).ShouldBeLessThan(CoordinatorRequest.NoBlock);
        RowWindow.Of(RowWindow.NumberOf(lastRow), IndexUnit.Row).FirstRow.ShouldBe(lastRow);
    }
}
