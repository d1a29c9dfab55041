using System.Diagnostics;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.Extensions.Logging;
using NclueGateway.Operations;

namespace NclueGateway.Tests.Operations;

/// <summary>A line of the request log is written late and by itself, and nobody who reads the log can tell.</summary>
public sealed partial class RequestLineTests
{
    private static readonly Gen<string?> Texts = Gen.OneOf(Gen.Const((string?)null), Gen.String!, Gen.String["a\"\\\r\n\t\f\u0001\u007f가😀/<'{}"]!);

    [Fact]
    public async Task The_line_is_the_one_that_Serilog_makes_of_its_properties_on_the_thread_of_the_request()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?> { ["Serilog:MinimumLevel:Override:NclueGateway.Requests"] = "Debug" });
        Gen.Select(Gen.Enum<LogLevel>(), Texts, Texts, Gen.Int, Gen.Bool, Gen.Long[0, long.MaxValue / 2])
            .Where((level, _, _, _, _, _) => level is >= LogLevel.Debug and <= LogLevel.Error)
            .Sample((level, method, route, status, isTraced, ticks) =>
            {
                using var activity = isTraced ? new Activity("request").Start() : null;
                var line = new RequestLine(level, method, route, status)
                {
                    Duration = TimeSpan.FromTicks(ticks >> (int)(ticks % 50)),
                    TraceId = activity?.TraceId.ToHexString() ?? "a request",
                    SpanId = activity?.SpanId.ToHexString(),
                };
                var written = logs.Text().Length;
                Write(logs, level, line);
                Write(logs, level, line.ToArray());

                var lines = TimeOfWriting().Replace(logs.Text()[written..], "").Split(Environment.NewLine);
                lines.Length.ShouldBe(3);
                lines[0].ShouldBe(lines[1]);
            }, iter: 500, threads: 1);
    }

    [Fact]
    public async Task It_has_the_time_at_which_the_request_was_over_however_late_it_is_written()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());

        var line = new RequestLine(LogLevel.Information, "GET", null, 404) { Time = new(2026, 11, 26, 7, 8, 9, DateTimeKind.Utc) };
        Write(logs, line.Level, line);

        logs.Events()[0].GetProperty("@t").GetString().ShouldBe("2026-11-26T07:08:09.0000000Z");
    }

    private static void Write<T>(WrittenLogs logs, LogLevel level, T state) =>
        logs.Log(RequestTrail.Category).Log(level, RequestLine.Id, state, null, (_, _) => "");

    [GeneratedRegex("\"@t\":\"[^\"]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex TimeOfWriting();
}
