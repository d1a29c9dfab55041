using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace NclueGateway.Scale;

/// <summary>One line of a panel.</summary>
/// <param name="Name">Name in the legend, the same in each panel.</param>
/// <param name="Values">One value for each place on the horizontal axis.</param>
internal sealed record PlotLine(string Name, IReadOnlyList<double> Values);

/// <summary>One of the panels that are drawn side by side.</summary>
/// <param name="Title">Title with the unit.</param>
/// <param name="Lines">Lines with positive values; the vertical axis begins at 0.</param>
internal sealed record PlotPanel(string Title, IReadOnlyList<PlotLine> Lines);

/// <summary>Draws panels over one logarithmic horizontal axis as SVG, black on white on any background.</summary>
internal static class Plot
{
    private const int Width = 960;
    private const int Left = 70;
    private const int Top = 80;
    private const int PanelWidth = 380;
    private const int PanelHeight = 270;
    private const int PanelEvery = 470;
    private const int LegendTop = Top + PanelHeight + 75;
    private const int LegendColumns = 2;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    // Colours that colour-blind readers can distinguish (Okabe and Ito), and dashes that remain distinct in print.
    private static readonly (string Colour, string Dashes)[] Strokes =
        [("#0072b2", "none"), ("#d55e00", "8 4"), ("#009e73", "2 4"), ("#cc79a7", "12 4 2 4"), ("#000000", "5 3"), ("#e69f00", "1 3")];

    /// <summary>Draws a plot.</summary>
    /// <param name="title">Title of the plot.</param>
    /// <param name="axis">Title of the horizontal axis.</param>
    /// <param name="places">Values on the horizontal axis: positive and ascending, at least two.</param>
    /// <param name="panels">At most two panels with at most six lines.</param>
    public static string Draw(string title, string axis, IReadOnlyList<int> places, IReadOnlyList<PlotPanel> panels)
    {
        var names = panels[0].Lines.Select(line => line.Name).ToList();
        var height = LegendTop + (20 * ((names.Count + LegendColumns - 1) / LegendColumns)) + 10;
        var svg = new XElement(
            Svg + "svg",
            new XAttribute("viewBox", $"0 0 {Width} {height}"),
            new XAttribute("width", Width),
            new XAttribute("height", height),
            new XAttribute("font-family", "system-ui, sans-serif"),
            new XAttribute("font-size", 13),
            new XAttribute("role", "img"),
            new XElement(Svg + "title", title),
            new XElement(
                Svg + "rect",
                new XAttribute("width", Width),
                new XAttribute("height", height),
                new XAttribute("fill", "#ffffff")),
            Text(Width / 2.0, 30, title, "middle", 17));
        for (var panel = 0; panel < panels.Count; panel++)
        {
            svg.Add(DrawPanel(Left + (panel * PanelEvery), panels[panel], axis, places));
        }

        for (var line = 0; line < names.Count; line++)
        {
            var (x, y) = (Left + (line % LegendColumns * PanelEvery), LegendTop + (20 * (line / LegendColumns)));
            svg.Add(Stroke($"M{x} {y}h40", line), Dot(x + 20, y, line), Text(x + 48, y + 4, names[line], "start"));
        }

        return new StringBuilder().Append(svg).Append('\n').ToString();
    }

    /// <summary>
    /// Returns the distance of the marks on an axis from 0 to <paramref name="most"/>: 1, 2, 2.5 or 5 times a power of
    /// ten, for three to five marks.
    /// </summary>
    /// <param name="most">Maximum of the axis; positive.</param>
    internal static double StepFor(double most)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(most)) - 1);
        return new[] { 1, 2, 2.5, 5, 10, 20, 25, 50 }.Select(factor => factor * power).First(step => Math.Ceiling(most / step) <= 5);
    }

    private static IEnumerable<XElement> DrawPanel(int left, PlotPanel panel, string axis, IReadOnlyList<int> places)
    {
        var most = panel.Lines.Max(line => line.Values.Max());
        var step = StepFor(most);
        var end = step * Math.Ceiling(most / step);
        yield return Text(left, Top - 15, panel.Title, "start", 14);
        for (var mark = 0; mark <= Math.Round(end / step); mark++)
        {
            yield return Thin($"M{left} {Number(Y(mark * step))}h{PanelWidth}", mark == 0 ? "#000000" : "#d0d0d0");
            yield return Text(left - 8, Y(mark * step) + 4, (mark * step).ToString("#,0.###", CultureInfo.InvariantCulture), "end");
        }

        foreach (var place in places)
        {
            yield return Thin($"M{Number(X(place))} {Top + PanelHeight}v6", "#000000");
            yield return Text(X(place), Top + PanelHeight + 22, place.ToString("N0", CultureInfo.InvariantCulture), "middle");
        }

        yield return Text(left + (PanelWidth / 2.0), Top + PanelHeight + 44, axis, "middle");
        for (var line = 0; line < panel.Lines.Count; line++)
        {
            var points = panel.Lines[line].Values.Select((value, at) => (X: X(places[at]), Y: Y(value))).ToList();
            yield return Stroke($"M{string.Join('L', points.Select(point => $"{Number(point.X)} {Number(point.Y)}"))}", line);
            foreach (var (x, y) in points)
            {
                yield return Dot(x, y, line);
            }
        }

        // The outermost places keep a distance from the ends, so that no dot is cut off.
        double X(int place)
        {
            var part = Math.Log((double)place / places[0]) / Math.Log((double)places[^1] / places[0]);
            return left + 30 + ((PanelWidth - 60) * part);
        }

        double Y(double value) => Top + (PanelHeight * (1 - (value / end)));
    }

    private static XElement Text(double x, double y, string text, string anchor, int size = 12) => new(
        Svg + "text", new XAttribute("x", Number(x)), new XAttribute("y", Number(y)), new XAttribute("text-anchor", anchor),
        new XAttribute("font-size", size), text);

    private static XElement Thin(string path, string colour) => new(
        Svg + "path", new XAttribute("d", path), new XAttribute("fill", "none"), new XAttribute("stroke", colour));

    private static XElement Stroke(string path, int line) => new(
        Svg + "path", new XAttribute("d", path), new XAttribute("fill", "none"), new XAttribute("stroke", Strokes[line].Colour),
        new XAttribute("stroke-width", 2), new XAttribute("stroke-dasharray", Strokes[line].Dashes));

    private static XElement Dot(double x, double y, int line) => new(
        Svg + "circle", new XAttribute("cx", Number(x)), new XAttribute("cy", Number(y)), new XAttribute("r", 4),
        new XAttribute("fill", Strokes[line].Colour));

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
