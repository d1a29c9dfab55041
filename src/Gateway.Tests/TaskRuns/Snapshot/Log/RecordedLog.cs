using System.Collections.Immutable;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using static NclueGateway.Tests.TaskRuns.Snapshot.Log.LogExamples;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>
/// An entry, a checkpoint and a row, and what the last release wrote for them. Replicas of two releases share the log: a change here is
/// a new <see cref="PackedJson.Version"/>, which gives the new release a log of its own.
/// </summary>
internal static class RecordedLog
{
    public static readonly string EntryJson =
        """
        {"reading":{"departure":1764378000123,"since":41,"isHead":true,"isEnd":false,"held":[{"first":"c","last":"a",
        "holesBehind":1},{"first":"z","last":"z","holesBehind":null}],"holesAtHead":2,"length":7,"total":8,"order":1,
        "isDisordered":false},"change":{"splice":{"left":"c","hasGapBehindLeft":true,"between":[{"id":"b","hasGapBehind":false},
        {"id":"x","hasGapBehind":true}],"right":null},"rows":[{"id":"b","name":"봄 세일","status":"in_progress",
        "task":{"id":"task-b","name":"Churn"},"feature":{"id":null,"name":"최근 30일 쇼핑 로그","lineCount":93734},
        "model":{"name":"NFM2","status":"active"},"createdAt":"2026-11-29T09:00:00+09:00","completedAt":null,
        "durationSeconds":null,"result":null,"failure":null},{"id":"x","name":"\u003C한글 \u0022x\u0022\u003E \uD83D\uDE00",
        "status":"completed","task":{"id":"task-x","name":"Churn"},"feature":{"id":null,"name":"최근 30일 쇼핑 로그",
        "lineCount":93734},"model":{"name":"NFM2","status":"active"},"createdAt":"2026-11-29T09:00:00+09:00",
        "completedAt":"2026-11-29T09:01:00+09:00","durationSeconds":60,"result":null,"failure":null}],"sweep":{"gone":["old",
        "older"],"isComplete":true,"departure":1764377000000}}}
        """.ReplaceLineEndings("");

    public static readonly byte[] EntryBytes = Convert.FromBase64String(
        """
        AROOBADEf1W1aRXemm+Aklz/llytW2wceOa3RYShDJFM15U6160Pe6nj5DJwTtdtqtlWaaMN6z9w4m08wBdmahTwAa981Tl9zC+sjHaqHzD97hSNaGP9HHyKZES3
        So2A80G/Ww6GSqm8KAmpqz4P3M0JNlwWbcCxSUKw4YI34Jl2QQiVOAPePcXMNiGCMQXB6f0nGoSqdhJ2pLLegPOWwIATyJOET861Ew/KdqTQXRAWWCiBB4TfAhCB
        h4Tp7mUwWfW8DVWcsFyiJUwr7ecCPkVYODstGU5mhGOVDpf0giZ93YRorflgfVhgJWvAeNgA7wXFQB9lYpOknRBWlEOUVSA09WHwfLHX+wLG6vuLbP3i9/rTfxBC
        1DEFMKx/cJ3TIEQd9sDty1GHvY6T7LkqNR4tYbwHBg59cg74sfWPj8tf/7NSrT/9z9av/28+vMlW3z4uf/0GwVkv5+rkI3hUDspuS9ivjTjwaUc9Ny/eKDiO0dNo
        DwQtYfb6Y8RsRzAKVfQ7ed4pRvfViJVipbYKBgi3J4xG+E0yqdHR1v6eTGtvgqmQ0C1W4860dcqQYBZDj8ZgpXFSqjy3+fBx+ftJNk5KFcXRKWwdeCEbp/PD8vw4
        nb9ABteBs2oc5T9+tNVFg/L6wW+ir47rTAjhUGQBPsW89gLeRe0MCLUz0mBCsGFAGfY81X/V9BkopZRSbdsC
        """);

    public static readonly string[] CheckpointJson =
    [
        """
        {"head":{"version":7,"hasGapAtHead":true,"traits":{"order":2,"disorders":5,"headReadAt":1764378000003,"endReadAt":4,
        "holesAtHead":1,"totalCounts":false,"expectedTotal":9,"miscountedSince":8}},"removed":[],"runs":[]}
        """.ReplaceLineEndings(""),
        """
        {"head":null,"removed":[{"id":"b","version":6,"departure":1764377999000}],"runs":[]}
        """.ReplaceLineEndings(""),
        """
        {"head":null,"removed":[],"runs":[{"run":{"id":"c","name":"봄 세일","status":"in_progress","task":{"id":"task-c",
        "name":"Churn"},"feature":{"id":null,"name":"최근 30일 쇼핑 로그","lineCount":93734},"model":{"name":"NFM2","status":"active"},
        "createdAt":"2026-11-29T09:00:00+09:00","completedAt":null,"durationSeconds":null,"result":null,"failure":null},
        "firstHeld":3,"departure":1764378000001,"version":5,"lastHeld":1764378000002,"hasGapBehind":true,"holesBehind":2},
        {"run":{"id":"a","name":"봄 세일","status":"completed","task":{"id":"task-a","name":"Churn"},"feature":{"id":null,
        "name":"최근 30일 쇼핑 로그","lineCount":93734},"model":{"name":"NFM2","status":"active"},
        "createdAt":"2026-11-29T09:00:00+09:00","completedAt":"2026-11-29T09:01:00+09:00","durationSeconds":60,"result":null,
        "failure":null},"firstHeld":1,"departure":1764378000000,"version":1,"lastHeld":1764378000003,"hasGapBehind":false,
        "holesBehind":0}]}
        """.ReplaceLineEndings(""),
    ];

    public static readonly byte[][] CheckpointBytes =
    [
        Convert.FromBase64String(
        """
        ARPWAADEt9dt2t+cmmUDnzk2r4QKeD5iOjkRvMABv1040YTaaksDzGPsHIrxoPiikbwCf9H/NoATQpPrJL/0zJRfze0uBHPLW6PgLxLlBewTqlYBKjgitftM8qpn
        wF4Sh0GSuq7rugFBTqyFhOZ8EHUIHuHU/8vgfD8ZBe/ygwpBXhcpjVTzs8kP4IxwbHWzKKRaUZqB0/+f8KuwrcCLFeF2Pyl4sfoD
        """),
        Convert.FromBase64String(
        """
        ARNTAAAEom2mfvnDjw0fP1UxbChsIAaHSWx0HtIoKZmq61i89S54n60Jk4JW8LT4Cs6DAMMBD0KuaJ2j4oeF6zSLMarqzsKY/cdT3g==
        """),
        Convert.FromBase64String(
        """
        AROqAwDEf50aotGj9ys5SafZ7cG2VbuKVZ9ziu3bYTfwZBvwMSHqmLrp+lNpim3wf2uCTyuKKO18Ab5wWcqpXiQRXn6ko93erhdnyJSQ4DYYQ/ikYHYJvrlNKIJ1
        4JtnKIIFP4OW4GiDYMW+Akf//SIaXHwPnv5BcF744MCh7S6RFAQvXNd+7YXrViYpjmehsCgJGxIkmPMRwGyDj8fe13+UssHTfzS4/h8+3ET9t8fe1zcIRls1ngfr
        wVtpI62WhP1cKgN+ttBsaWox4bgh2l4fKpSE49WPKDnqwZGwpF6J40rS2mAtzhhnbKSjQfAfQ3NfPZGhEF7ndl21cyudC40LBhg6Qhtl39hgTEno6ML5GWUkeEp4
        +ClTvhc36tW00WSMMRYTLuKLwWsEI8xq+VZCyISbFgdjKtNWgvsiKEKWG+WGJ5KSokcllNb29uMiNUYZiptD2lWdVbIYZEQxMl3sCOOKZ+V2CQ==
        """),
    ];

    /// <summary>Fields of a run as NCLUE sends them.</summary>
    public static readonly string NclueRow =
        """
        "run_name":"봄 <1>","task_id":"t","task_name":"Churn","feature_id":"f","feature_name":"F","line_count":5,
        "status":"FAILED","nclue_model_name":"NFM2","nclue_model_status":"ACTIVE","created_at":"2025-11-05 10:00:00",
        "completed_at":"2025-11-05 10:01:00","result_bucket":"b","result_file_path":"p","fail_message":"COMMON_ERROR"
        """;

    /// <summary>The run as callers get it.</summary>
    public static readonly string RowJson =
        """
        {"id":"r","name":"봄 \u003C1\u003E","status":"failed","task":{"id":"t","name":"Churn"},"feature":{"id":"f","name":"F",
        "lineCount":5},"model":{"name":"NFM2","status":"active"},"createdAt":"2025-11-05T10:00:00+09:00",
        "completedAt":"2025-11-05T10:01:00+09:00","durationSeconds":null,"result":null,"failure":{"code":"COMMON_ERROR",
        "message":"COMMON_ERROR",
        "help":"https://guide.ncloud-docs.com/docs/nclue-troubleshoot-message#%EC%95%8C%EC%88%98%EC%97%86%EB%8A%94%EC%98%A4%EB%A5%98",
        "retryable":false}}
        """.ReplaceLineEndings("");

    public static LogEntry Entry { get; } = new(
        new(1_764_378_000_123, 41, IsHead: true, IsEnd: false, [new("c", "a", 1), new("z", "z", null)], 2, 7, 8, ListOrder.NewestFirst),
        new(
            new("c", true, [new("b", false), new("x", true)], null),
            [Run("b"), Run("x", "<한글 \"x\"> \ud83d\ude00", isFinished: true)],
            new(["old", "older"], IsComplete: true, 1_764_377_000_000)));

    public static Roll Checkpoint { get; } = new(
        RollEntries.Of(
        [
            new(Run("c"), 3, 1_764_378_000_001, 5, 1_764_378_000_002, HasGapBehind: true, HolesBehind: 2),
            new(Run("a", isFinished: true), 1, 1_764_378_000_000, 1, 1_764_378_000_003, HasGapBehind: false),
        ]),
        version: 7,
        hasGapAtHead: true,
        ImmutableDictionary<string, Removal>.Empty.Add("b", new(6, 1_764_377_999_000)),
        new()
        {
            Order = ListOrder.OldestFirst,
            Disorders = 5,
            HeadReadAt = 1_764_378_000_003,
            EndReadAt = 4,
            HolesAtHead = 1,
            TotalCounts = false,
            ExpectedTotal = 9,
            MiscountedSince = 8,
        });
}
