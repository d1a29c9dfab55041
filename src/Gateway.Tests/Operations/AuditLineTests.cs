using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.Extensions.Logging;
using NclueGateway.Operations.Audit;

namespace NclueGateway.Tests.Operations;

/// <summary>An event of the audit makes its line by itself, and nobody who reads the log can tell.</summary>
public sealed partial class AuditLineTests
{
    private static readonly Gen<string?> Texts = Gen.OneOf(Gen.Const((string?)null), Gen.String!, Gen.String["a\"\\\r\n\t\f\u0001\u007f가😀/<'{}"]!);
    private static readonly Gen<int?> Numbers = Gen.Int.Nullable();

    [Fact]
    public async Task The_line_of_an_event_is_the_one_that_Serilog_makes_of_its_properties()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());
        Gen.Select(Gen.Enum<AuditKind>(), Gen.String, Numbers, Texts, Texts, Gen.Select(Numbers, Numbers, Texts, Numbers), Gen.Long[-1, long.MaxValue / 2])
            .Select((kind, outcome, status, subject, client, page, ticks) => new AuditEvent(kind, outcome)
            {
                Status = status,
                Subject = subject,
                Client = client,
                Route = page.Item3,
                Index = page.Item1,
                Limit = page.Item2,
                Cache = page.Item3,
                Count = page.Item4,
                TraceId = subject,
                Duration = ticks < 0 ? null : TimeSpan.FromTicks(ticks >> (int)(ticks % 50)),
            })
            .Sample(happened =>
            {
                var written = logs.Text().Length;
                Write(logs, happened, happened);
                Write(logs, happened, happened.ToArray());

                var lines = TimeOfWriting().Replace(logs.Text()[written..], "").Split(Environment.NewLine);
                lines.Length.ShouldBe(3);
                lines[0].ShouldBe(lines[1]);
            }, iter: 500, threads: 1);
    }

    [Fact]
    public async Task A_line_has_the_time_at_which_the_request_was_over_however_late_it_is_written()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>());
        var over = new DateTime(2026, 11, 26, 7, 8, 9, DateTimeKind.Utc);

        var happened = new AuditEvent(AuditKind.Read, "answered") { Time = over };
        Write(logs, happened, happened);

        logs.Events()[0].GetProperty("@t").GetString().ShouldBe("2026-11-26T07:08:09.0000000Z");
    }

    [Fact]
    public async Task What_a_developer_reads_is_one_readable_line()
    {
        await using var logs = new WrittenLogs(new Dictionary<string, string?>(), "Development");

        var happened = new AuditEvent(AuditKind.Read, "answered") { Subject = "bob" };
        Write(logs, happened, happened);

        logs.Text().ShouldContain("INF Read: answered for bob of null at null, index null, limit null <NclueGateway.Audit>");
    }

    private static void Write<T>(WrittenLogs logs, AuditEvent happened, T state) => logs.Log(AuditTrail.Category)
        .Log(LogLevel.Information, new EventId((int)happened.Kind, happened.Kind.ToString()), state, null, (_, _) => "");

    [GeneratedRegex("\"@t\":\"[^\"]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex TimeOfWriting();
}
