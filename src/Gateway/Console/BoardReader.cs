using System.Text.Json;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;
using static NclueGateway.TaskRuns.Queries.SummaryDtos;

namespace NclueGateway.Console;

/// <summary>Makes the content of the board from a version of the list, by the same queries as the API.</summary>
/// <param name="parser">Reads queries.</param>
/// <param name="selections">Reads pages of results.</param>
/// <param name="charts">Makes the charts.</param>
internal sealed class BoardReader(QueryParser parser, Selections selections, BoardCharts charts)
{
    /// <summary>Returns the board.</summary>
    /// <param name="query">The address.</param>
    /// <param name="read">The version.</param>
    /// <param name="isPositionExpired">True to show the first page in place of a position that is no longer kept.</param>
    /// <param name="state">The state of the list.</param>
    /// <param name="links">The addresses of the console.</param>
    /// <param name="clock">The time of the page.</param>
    public BoardModel Read(
        BoardQuery query, SnapshotRead read, bool isPositionExpired, ListState state, ConsoleLinks links, PageClock clock)
    {
        var snapshot = read.Snapshot!;
        if (query is not { List: { } list, Counts: { } counts })
        {
            return new() { State = state, Errors = query.Errors, IsPositionExpired = false, Form = Form(query, null, links) };
        }

        var summary = charts.Count(snapshot, counts)!;
        var all = query.IsFiltered ? charts.Count(snapshot, parser.ReadSummary(new("?partial=true"))!)! : summary;
        return new()
        {
            State = state,
            Errors = [],
            IsPositionExpired = isPositionExpired,
            Form = Form(query, all, links),
            Counts = StatusFilters(query, summary, links),
            Oldest = summary.OldestUnfinished is { Id: var id, CreatedAt: { } createdAt } ? new(links.Run(id), createdAt) : null,
            Table = Table(query, list, snapshot, isPositionExpired, links),
            Activity = charts.Activity(query, snapshot, links, clock),
            Durations = charts.Durations(query, snapshot, links),
            Failures =
            [
                .. summary.ByFailureCode.Select(failure => new FailureRow(
                    failure.Code, failure.Total, links.Board(query.With(("failureCode", failure.Code))))),
            ],
        };
    }

    private static List<StatusFilter> StatusFilters(BoardQuery query, TaskRunSummary summary, ConsoleLinks links)
    {
        var counts = summary.ByStatus;
        List<(string? Status, int Count)> all =
        [
            (null, summary.Total), ("registered", counts.Registered), ("pending", counts.Pending), ("in_progress", counts.InProgress),
            ("completed", counts.Completed), ("failed", counts.Failed),
        ];
        if (counts.Unknown > 0)
        {
            all.Add(("unknown", counts.Unknown));
        }

        return all.ConvertAll(filter =>
        {
            var isSet = filter.Status is null ? !query.Values("status").Any() : query.Values("status").Contains(filter.Status);
            return new StatusFilter(
                filter.Status, filter.Count, links.Board(query.With(("status", isSet ? null : filter.Status))), isSet);
        });
    }

    private static FilterForm Form(BoardQuery query, TaskRunSummary? all, ConsoleLinks links)
    {
        var texts = new[] { "q", BoardQuery.From, BoardQuery.To }.ToDictionary(name => name, query.Value);
        Picker[] pickers =
        [
            Pick(
                "taskId",
                all?.ByTask.Where(task => task.Id is not null).Select(task => (task.Id!, task.Name, task.Total)),
                all?.ByTaskOmitted),
            Pick(
                "featureId",
                all?.ByFeature.Where(feature => feature.Id is not null).Select(feature => (feature.Id!, feature.Name, feature.Total)),
                all?.ByFeatureOmitted),
            Pick("model", all?.ByModel.Select(model => (model.Name, (string?)model.Name, model.Total)), all?.ByModelOmitted),
            Pick(
                "failureCode",
                all?.ByFailureCode.Select(failure => (failure.Code, (string?)failure.Code, failure.Total)),
                all?.ByFailureCodeOmitted),
        ];
        string[] kept = ["status", "sort"];
        return new(
            texts,
            pickers,
            [.. kept.SelectMany(name => query.Values(name).Select(value => KeyValuePair.Create(name, value)))],
            query.IsFiltered || query.Errors.Count > 0 ? links.Board("") : null);

        Picker Pick(string name, IEnumerable<(string Value, string? Text, int Runs)>? values, OmittedCount? omitted)
        {
            string[] selected = [.. query.Values(name)];
            var options = (values ?? []).Select(value => new PickerOption(value.Value, value.Text ?? value.Value, value.Runs)).ToList();
            var unlisted = selected.Except(options.Select(option => option.Value)).ToList();
            options.AddRange(unlisted.Select(value => new PickerOption(value, value, null)));
            return new(name, options, selected, omitted?.Entries ?? 0);
        }
    }

    private RunTable Table(BoardQuery query, ListQuery list, ReadableSnapshot snapshot, bool isPositionExpired, ConsoleLinks links)
    {
        var index = isPositionExpired ? 0 : list.Cursor?.Index ?? 0;
        var page = selections.Page(list, snapshot, index);
        var isNewestFirst = list.Sort is { Key: RunSortKey.CreatedAt, IsDescending: true } && index == 0;
        var rows = query.IsLive ? RowsOf(query, list, snapshot, links) : [.. page.Runs.Select(run => Row(run, query, links))];
        return new(rows, index + 1, page.Total, SortHeads(query, list.Sort, links))
        {
            Previous = index > 0 ? Link(Math.Max(0, index - list.Limit)) : null,
            Next = index + list.Limit < page.Total ? Link(index + list.Limit) : null,
            Newest = links.Board(query.With()),
            New = query.IsLive && isNewestFirst ? NewRuns(page.Runs, rows) : 0,
        };

        string Link(int position) => links.Board(
            position == 0 ? query.With() : query.At(new QueryCursor(snapshot.Version, list.Hash, position)));
    }

    /// <summary>Returns the rows that a page shows already, in its order: as they are now, and marked if they no longer match.</summary>
    private static List<RunRow> RowsOf(BoardQuery query, ListQuery list, ReadableSnapshot snapshot, ConsoleLinks links)
    {
        var roll = snapshot.State.Roll;
        var places = roll.Find(query.ShownIds);
        var matching = list.Filter.In(roll).Select(found => found.Run.Id).Where(places.ContainsKey).ToHashSet();
        return
        [
            .. query.ShownIds.Select(id => places.TryGetValue(id, out var place)
                ? Row(roll.At(place).Run, query, links) with { IsGone = !matching.Contains(id) }
                : Deleted(id, links)),
        ];
    }

    private static int NewRuns(IReadOnlyList<SnapshotRun> first, List<RunRow> shown)
    {
        var ids = shown.Select(row => row.Id).ToHashSet();
        var newest = shown.Select(row => row.CreatedAt).Max();
        return first.Count(run => !ids.Contains(run.Id) && (newest is null || run.Columns.CreatedAt >= newest));
    }

    private static Dictionary<string, SortHead> SortHeads(BoardQuery query, RunSort sort, ConsoleLinks links) =>
        Enum.GetValues<RunSortKey>().ToDictionary(
            key => new SortValue(key, IsDescending: false).ToString(),
            key =>
            {
                // Names begin with the first one; times and durations with the last.
                var isDescending = sort.Key == key ? !sort.IsDescending : key != RunSortKey.Name;
                var next = new SortValue(key, isDescending).ToString();
                return new SortHead(
                    links.Board(query.With(("sort", next))),
                    sort.Key != key ? null : sort.IsDescending ? "descending" : "ascending");
            });

    private static RunRow Row(SnapshotRun found, BoardQuery query, ConsoleLinks links)
    {
        var run = JsonSerializer.Deserialize<TaskRun>(found.Json.Span, TaskRunWriter.Options)!;
        return new()
        {
            Id = run.Id,
            Name = run.Name,
            Href = links.Run(run.Id),
            Status = QueryParser.NameOf(run.Status),
            Task = links.Filter(query, "taskId", run.Task.Id, run.Task.Name),
            Feature = links.Filter(query, "featureId", run.Feature.Id, run.Feature.Name),
            Model = run.Model?.Name,
            CreatedAt = run.CreatedAt,
            CompletedAt = run.CompletedAt,
            Seconds = run.DurationSeconds,
            FailureCode = run.Failure is { } failure ? failure.Code ?? failure.Message : null,
        };
    }

    private static RunRow Deleted(string id, ConsoleLinks links) => new()
    {
        Id = id,
        Name = null,
        Href = links.Run(id),
        Status = "deleted",
        Task = new(null, null),
        Feature = new(null, null),
        Model = null,
        CreatedAt = null,
        CompletedAt = null,
        Seconds = null,
        FailureCode = null,
        IsGone = true,
    };
}
