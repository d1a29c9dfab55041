using static NclueGateway.Tests.TaskRuns.Normalizing.NormalizerInputs;

namespace NclueGateway.Tests.TaskRuns.Normalizing;

/// <summary>Readable bodies: their rows, slots, totals and unknown statuses.</summary>
public sealed class TaskRunNormalizerTests
{
    // The response in https://api.ncloud-docs.com/docs/nclue-gettaskrunlist, without its line "// (생략)" and the comma
    // before it, which are not JSON.
    private const string DocumentedResponse = """
        {
            "index": 0,
            "limit": 20,
            "total": 3,
            "runs": [
                {
                    "run_id": "ef667a87-****-****-****-88fb69a9aff7",
                    "run_name": "YOUR_RUN_NAME",
                    "task_id": "3179664c-****-****-****-af6354344018",
                    "task_name": "YOUR_TASK_NAME",
                    "feature_id": "28bd06bb-****-****-****-9f2d6a9c3313",
                    "feature_name": "YOUR_FEATURE_NAME",
                    "status": "completed",
                    "created_at": "2024-11-22T08:54:46",
                    "completed_at": "2024-11-22T08:55:22",
                    "result_bucket": "YOUR_BUCKET_NAME",
                    "result_file_path": "path/filename",
                    "nclue_model_name": "NFM2",
                    "nclue_model_status": "active",
                    "line_count": 93734,
                    "fail_message": null
                }
            ]
        }
        """;

    [Fact]
    public void The_documented_response_is_converted_as_the_contract_shows()
    {
        var response = Normalize(DocumentedResponse);

        Text(response.Rows).ShouldBe("""
            {"id":"ef667a87-****-****-****-88fb69a9aff7","name":"YOUR_RUN_NAME","status":"completed",
            "task":{"id":"3179664c-****-****-****-af6354344018","name":"YOUR_TASK_NAME"},
            "feature":{"id":"28bd06bb-****-****-****-9f2d6a9c3313","name":"YOUR_FEATURE_NAME","lineCount":93734},
            "model":{"name":"NFM2","status":"active"},
            "createdAt":"2024-11-22T08:54:46+09:00","completedAt":"2024-11-22T08:55:22+09:00","durationSeconds":36,
            "result":{"bucket":"YOUR_BUCKET_NAME","path":"path/filename"},
            "failure":null}
            """.ReplaceLineEndings(""));
        response.Rows.Total.ShouldBe(3);
        response.Rows.Count.ShouldBe(1);
        response.UnknownStatuses.ShouldBeEmpty();
        response.Runs.Select(run => run?.CreatedAt).ShouldBe([new DateTimeOffset(2024, 11, 22, 8, 54, 46, TimeSpan.FromHours(9))]);
    }

    [Fact]
    public void The_documented_response_with_its_comment_is_not_JSON() =>
        ErrorOf(DocumentedResponse.Replace("]", "// (생략)\n]", StringComparison.Ordinal)).ShouldNotBeNull();

    [Fact]
    public void A_failed_run_comes_out_with_every_property() =>
        Row("""
            "run_name":"n","status":"failed","created_at":"2024-11-22T00:00:00Z","completed_at":"2024-11-22T00:00:05Z",
            "result_bucket":"b","result_file_path":"p","nclue_model_status":"deprecated","fail_message":"OBS_UPLOAD_FAILED"
            """).ShouldBe("""
            {"id":"r","name":"n","status":"failed",
            "task":{"id":null,"name":null},
            "feature":{"id":null,"name":null,"lineCount":null},
            "model":{"name":null,"status":"deprecated"},
            "createdAt":"2024-11-22T09:00:00+09:00","completedAt":"2024-11-22T09:00:05+09:00","durationSeconds":null,
            "result":null,
            "failure":{"code":"OBS_UPLOAD_FAILED","message":"OBS_UPLOAD_FAILED","help":"https://guide.ncloud-docs.com/docs/
            nclue-troubleshoot-message#%ED%8C%8C%EC%9D%BC%EC%97%85%EB%A1%9C%EB%93%9C%EC%8B%A4%ED%8C%A8","retryable":true}}
            """.ReplaceLineEndings(""));

    [Fact]
    public void A_run_of_which_only_the_id_was_sent_has_every_property() =>
        Row("").ShouldBe("""
            {"id":"r","name":null,"status":"unknown","task":{"id":null,"name":null},
            "feature":{"id":null,"name":null,"lineCount":null},"model":null,
            "createdAt":null,"completedAt":null,"durationSeconds":null,"result":null,"failure":null}
            """.ReplaceLineEndings(""));

    [Fact]
    public void An_empty_list_is_a_block_without_rows()
    {
        var rows = Normalize("""{"index":100,"limit":100,"total":7,"runs":[]}""").Rows;

        rows.Count.ShouldBe(0);
        rows.Json.ShouldBeEmpty();
        rows.Total.ShouldBe(7);
    }

    [Fact]
    public void A_byte_order_mark_is_skipped() => Ids(Normalize("\uFEFF" + Body("""{"run_id":"a"}""")).Rows).ShouldBe(["a"]);

    [Fact]
    public void Blanks_around_the_body_are_skipped() =>
        Ids(Normalize("\r\n\t " + Body("""{"run_id":"a"}""") + "\r\n").Rows).ShouldBe(["a"]);

    [Theory]
    [InlineData("3", 3L)]
    [InlineData("\"3\"", 3L)]
    [InlineData("3.0", 3L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("-1", null)]
    [InlineData("2.5", null)]
    [InlineData("\"\"", null)]
    [InlineData("null", null)]
    [InlineData("[3]", null)]
    [InlineData("3,\"total\":4", 4L)]
    [InlineData("3,\"total\":null", null)]
    public void The_total_is_what_the_upstream_sent_last_if_that_is_a_count(string sent, long? total) =>
        Normalize($$"""{"runs":[],"total":{{sent}}}""").Rows.Total.ShouldBe(total);

    [Fact]
    public void A_total_that_was_not_sent_is_missing() => Normalize("""{"runs":[]}""").Rows.Total.ShouldBeNull();

    [Fact]
    public void Of_two_lists_the_last_wins() =>
        Ids(Normalize("""{"runs":[{"run_id":"a"},{"run_id":"b"}],"runs":[{"run_id":"c"}]}""").Rows).ShouldBe(["c"]);

    [Fact]
    public void Of_two_fields_with_one_name_the_last_wins() =>
        Row(""" "run_id":"s","run_name":"n","run_name":"m","status":"failed","status":{},"\u0072un_id":"t" """)
            .ShouldStartWith("""{"id":"t","name":"m","status":"unknown",""");

    [Fact]
    public void Unknown_fields_are_dropped_with_any_value()
    {
        var plain = Row(""" "run_name":"n" """);

        Row(""" "Run_Name":"x","name":"y","":1,"\ud800":[{"run_id":"z"}],"a":{"runs":[]},"run_name":"n","z":1e999 """).ShouldBe(plain);
    }

    [Fact]
    public void A_row_without_an_id_leaves_an_empty_slot() =>
        Ids(Normalize(Body("{}", """{"run_id":"a"}""", """{"run_id":""}""", """{"run_id":null}""", """{"run_id":["b"]}""",
            """{"run_id":true}""", """{"run_name":"n"}""", """{"run_id":"c"}""")).Rows)
            .ShouldBe(["", "a", "", "", "", "", "", "c"]);

    [Fact]
    public void A_row_that_is_not_an_object_leaves_an_empty_slot() =>
        Ids(Normalize(Body("null", "1", "\"a\"", "[{\"run_id\":\"b\"}]", """{"run_id":"c"}""", "true")).Rows)
            .ShouldBe(["", "", "", "", "c", ""]);

    [Fact]
    public void A_row_that_repeats_an_id_leaves_an_empty_slot_and_the_first_one_stays()
    {
        var rows = Normalize(Body(
            """{"run_id":"a","run_name":"first"}""", """{"run_id":"\u0061","run_name":"again"}""",
            """{"run_id":"A"}""", """{"run_id":5}""", """{"run_id":"5"}""")).Rows;

        Ids(rows).ShouldBe(["a", "", "A", "5", ""]);
        Text(rows).ShouldContain("first");
        Text(rows).ShouldNotContain("again");
    }

    [Fact]
    public void Rows_beyond_the_hundredth_are_ignored()
    {
        var rows = Normalize(Body(Enumerable.Range(0, 103).Select(i => $$"""{"run_id":{{i}}}"""))).Rows;

        rows.Count.ShouldBe(100);
        rows.IsFull.ShouldBeTrue();
        Ids(rows)[^1].ShouldBe("99");
        Text(rows).ShouldNotContain("\"100\"");
    }

    [Fact]
    public void A_block_is_full_by_the_rows_received_not_by_those_kept()
    {
        var rows = Normalize(Body(Enumerable.Repeat("""{"run_id":"a"}""", 100))).Rows;

        rows.IsFull.ShouldBeTrue();
        Ids(rows).Count(id => id.Length > 0).ShouldBe(1);
    }

    [Fact]
    public void Times_of_creation_keep_the_places_of_their_rows()
    {
        var response = Normalize(Body(
            "null", """{"run_id":"a","created_at":"2024-11-22T00:00:00Z"}""", """{"run_id":"b","created_at":"x"}"""));

        response.Runs.Select(run => run?.CreatedAt).ShouldBe([null, new DateTimeOffset(2024, 11, 22, 0, 0, 0, TimeSpan.Zero), null]);
    }

    [Fact]
    public void Unknown_statuses_are_counted_and_each_is_named_once()
    {
        var response = Normalize(Body(
            """{"run_id":1,"status":"paused"}""", """{"run_id":2,"status":" paused "}""", """{"run_id":3,"status":"failed"}""",
            """{"run_id":4}""", """{"run_id":5,"status":""}""", """{"run_id":6,"status":"held"}""", """{"run_id":6,"status":"dropped"}"""));

        response.UnknownStatuses.ShouldBe(["paused", "paused", "(none)", "(none)", "held"]);
    }

    [Theory]
    [InlineData(@"a\u0000\u001b[31m\r\nb", "a\uFFFD\uFFFD[31m\uFFFD\uFFFDb")]
    [InlineData(@"a\u007f\u0085\u2028\u202e\ud800b", "a\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDb")]
    [InlineData(@"\u0001", "\uFFFD")]
    [InlineData("0123456789012345678901234567890123456789+", "0123456789012345678901234567890123456789…")]
    [InlineData("012345678901234567890123456789012345678😀", "012345678901234567890123456789012345678…")]
    public void An_unknown_status_is_short_and_has_no_controls_when_it_is_named(string sent, string named) =>
        Normalize(Body($$"""{"run_id":1,"status":"{{sent}}"}""")).UnknownStatuses.ShouldBe([named]);

    [Fact]
    public void Invalid_UTF_8_costs_one_character_and_not_the_block()
    {
        byte[] body =
        [
            .. """{"runs":[{"run_id":"a","run_name":"x"""u8, 0xFF, 0xE2, 0x82, .. """y\n"},{"run_id":"b"}],"name"""u8, 0xC0, .. "\":1}"u8,
        ];

        var rows = Normalize(body).Rows;

        Ids(rows).ShouldBe(["a", "b"]);
        Text(rows).ShouldStartWith("""{"id":"a","name":"x""" + "\uFFFD\uFFFD" + """y\n",""");
    }

    [Fact]
    public void Equal_responses_are_equal_bytes_and_equal_hashes()
    {
        var one = Normalize(Body("""{"run_id":"a","run_name":"가"}""", """{"run_id":"b"}""")).Rows;
        var two = Normalize(Body("""{ "run_name": "\uac00", "x": 1, "run_id": "a" }""", """{"run_id":"b","status":"UNKNOWN"}""")).Rows;

        two.Json.ShouldBe(one.Json);
        two.Hashes.ShouldBe(one.Hashes);
        two.IdHashes.ShouldBe(one.IdHashes);
    }
}
