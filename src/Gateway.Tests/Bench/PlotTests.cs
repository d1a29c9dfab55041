using System.Globalization;
using System.Xml.Linq;
using NclueGateway.Scale;

namespace NclueGateway.Tests.Bench;

public sealed class PlotTests
{
    private static readonly int[] Places = [100, 10_000, 100_000];

    private static readonly PlotPanel[] Panels =
    [
        new("Fruit, kg", [new("apples & <pears>", [20_000, 19_000, 18_000]), new("plums", [1, 10_000, 0.001])]),
        new("Time, ms", [new("apples & <pears>", [0.4, 0.5, 0.45]), new("plums", [0.1, 0.2, 0.3])]),
    ];

    [Fact]
    public void Higher_values_are_higher_up_and_a_factor_of_ten_is_as_wide_everywhere()
    {
        var dots = Drawn().Where(e => e.Name.LocalName == "circle").ToList();

        var apples = dots[..3].ConvertAll(dot => (X: Number(dot, "cx"), Y: Number(dot, "cy")));
        apples[0].Y.ShouldBeLessThan(apples[1].Y);
        apples[1].Y.ShouldBeLessThan(apples[2].Y);
        (apples[1].X - apples[0].X).ShouldBe(2 * (apples[2].X - apples[1].X), 0.1);

        // The axis begins at 0, so that half the value has half the height.
        var zero = Number(dots[5], "cy");
        (zero - apples[0].Y).ShouldBe(2 * (zero - Number(dots[4], "cy")), 0.1);
    }

    [Fact]
    public void Every_line_is_named_once_and_everything_lies_on_the_white_ground()
    {
        var drawn = Drawn();
        var texts = drawn.Where(e => e.Name.LocalName == "text").ToList();
        foreach (var text in new[] { "Fruit", "apples & <pears>", "plums", "Fruit, kg", "Time, ms" })
        {
            texts.Count(element => element.Value == text).ShouldBe(1);
        }

        texts.Count(element => element.Value == "10,000").ShouldBe(3); // on the horizontal axes, and on the vertical one of the fruit

        var ground = drawn.Single(e => e.Name.LocalName == "rect");
        ground.Attribute("fill")!.Value.ShouldBe("#ffffff");
        texts.ShouldAllBe(
            text => Number(text, "x") >= 0
                && Number(text, "x") < Number(ground, "width")
                && Number(text, "y") < Number(ground, "height"));
    }

    [Theory]
    [InlineData(0.1, 0.02)]
    [InlineData(0.51, 0.2)]
    [InlineData(1, 0.2)]
    [InlineData(12.4, 2.5)]
    [InlineData(12.6, 5)]
    [InlineData(21_256, 5_000)]
    [InlineData(100_000, 20_000)]
    public void Marks_are_round_numbers_and_three_to_five(double most, double step)
    {
        Plot.StepFor(most).ShouldBe(step, step / 1e9);
        Math.Ceiling(most / step).ShouldBeInRange(3, 5);
    }

    private static List<XElement> Drawn() => [.. XDocument.Parse(Plot.Draw("Fruit", "trees", Places, Panels)).Descendants()];

    private static double Number(XElement element, string attribute) =>
        double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);
}
