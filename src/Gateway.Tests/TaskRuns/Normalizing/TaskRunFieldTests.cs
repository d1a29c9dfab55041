using System.Text.Json;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Upstream;
using static NclueGateway.Tests.TaskRuns.Normalizing.NormalizerInputs;

namespace NclueGateway.Tests.TaskRuns.Normalizing;

/// <summary>The conversion of each field of a run, for valid and invalid input.</summary>
public sealed class TaskRunFieldTests
{
    [Theory]
    [InlineData("run_name", "name")]
    [InlineData("task_id", "task.id")]
    [InlineData("task_name", "task.name")]
    [InlineData("feature_id", "feature.id")]
    [InlineData("feature_name", "feature.name")]
    public void Text_is_passed_on_as_sent_and_is_null_when_missing(string field, string path)
    {
        JsonSerializer.Deserialize<string>(Value($"\"{field}\":\" 한글 모델 😀 \"", path)).ShouldBe(" 한글 모델 😀 ");
        Value($"\"{field}\":12.50", path).ShouldBe("\"12.50\"");
        Value($"\"{field}\":-1e999", path).ShouldBe("\"-1e999\"");

        foreach (var missing in new[] { "\"\"", "null", "true", "[\"x\"]", "{\"x\":1}" })
        {
            Value($"\"{field}\":{missing}", path).ShouldBe("null", missing);
        }

        Value("", path).ShouldBe("null");
    }

    [Theory]
    [InlineData("plain / text")]
    [InlineData("한글 모델 é\u0080\uFEFF")]
    [InlineData("</script><!-- a && 'b' -->")]
    [InlineData("\"\\\b\t\n\f\r\0\u0001\u001F\u007F\u2028\u2029")]
    [InlineData("😀")]
    public void A_text_reads_back_as_it_was_and_cannot_end_a_script_element_or_an_attribute(string text)
    {
        var written = Value($"\"run_name\":{JsonSerializer.Serialize(text)}", "name");

        JsonSerializer.Deserialize<string>(written).ShouldBe(text);
        written.ShouldNotContain(c => c < ' ' || "<>&'\u007F\u2028\u2029".Contains(c));
    }

    /// <summary>
    /// Exact bytes: they are hashed for the ETag and shared between replicas, so a release must not change them unnoticed.
    /// </summary>
    [Theory]
    [InlineData("한글 모델 é", "한글 모델 é")]
    [InlineData("/+`", @"/\u002B\u0060")]
    [InlineData("\"\\", @"\u0022\\")]
    [InlineData("<>&'", @"\u003C\u003E\u0026\u0027")]
    [InlineData("\b\t\n\f\r\0\u001F\u007F", @"\b\t\n\f\r\u0000\u001F\u007F")]
    [InlineData("\u0080\u009F", @"\u0080\u009F")]
    [InlineData("\u00A0\u3000\u2028\u2029", @"\u00A0\u3000\u2028\u2029")]
    [InlineData("\u200D\uFEFF\uE000\u0378", "\u200D\\uFEFF\\uE000\\u0378")]
    [InlineData("😀", @"\uD83D\uDE00")]
    public void A_text_is_written_with_these_escapes(string text, string written) =>
        Value($"\"run_name\":{JsonSerializer.Serialize(text)}", "name").ShouldBe($"\"{written}\"");

    [Fact]
    public void An_id_that_is_a_number_becomes_its_text() => Ids(Normalize(Body("""{"run_id":42}""")).Rows).ShouldBe(["42"]);

    [Theory]
    [InlineData("93734", "93734")]
    [InlineData("\"93734\"", "93734")]
    [InlineData("0", "0")]
    [InlineData("12.0", "12")]
    [InlineData("1e2", "100")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("9223372036854775808", "null")]
    [InlineData("1e19", "null")]
    [InlineData("1e99999999999", "null")]
    [InlineData("1.5", "null")]
    [InlineData("1e-1", "null")]
    [InlineData("-1", "null")]
    [InlineData("\"-1\"", "null")]
    [InlineData("\"1.0\"", "null")]
    [InlineData("\"1e2\"", "null")]
    [InlineData("\" 1\"", "null")]
    [InlineData("\"1,000\"", "null")]
    [InlineData("\"0x10\"", "null")]
    [InlineData("\"\\u0663\"", "null")]
    [InlineData("\"\"", "null")]
    [InlineData("null", "null")]
    [InlineData("false", "null")]
    [InlineData("[1]", "null")]
    [InlineData("{\"line_count\":1}", "null")]
    public void A_line_count_is_a_whole_number_or_null(string sent, string written) =>
        Value($"\"line_count\":{sent}", "feature.lineCount").ShouldBe(written);

    [Theory]
    [InlineData("registered", "registered")]
    [InlineData("pending", "pending")]
    [InlineData("in_progress", "in_progress")]
    [InlineData("completed", "completed")]
    [InlineData("complete", "completed")]
    [InlineData("failed", "failed")]
    [InlineData(" Complete\\t", "completed")]
    [InlineData("IN_PROGRESS", "in_progress")]
    [InlineData("in progress", "unknown")]
    [InlineData("unknown", "unknown")]
    [InlineData("사용 가능", "unknown")]
    [InlineData("", "unknown")]
    public void A_status_is_one_of_six_words(string sent, string word) => Value($"\"status\":\"{sent}\"", "status").ShouldBe($"\"{word}\"");

    [Theory]
    [InlineData("active", "active")]
    [InlineData("deprecated", "deprecated")]
    [InlineData(" DEPRECATED ", "deprecated")]
    [InlineData("retired", "unknown")]
    public void A_status_of_a_model_is_one_of_three_words(string sent, string word) =>
        Value($"\"nclue_model_status\":\"{sent}\"", "model.status").ShouldBe($"\"{word}\"");

    [Theory]
    [InlineData("", "null")]
    [InlineData("\"nclue_model_name\":\"\",\"nclue_model_status\":\"\"", "null")]
    [InlineData("\"nclue_model_name\":null,\"nclue_model_status\":[]", "null")]
    [InlineData("\"nclue_model_name\":\"NFM02\"", "{\"name\":\"NFM02\",\"status\":\"unknown\"}")]
    [InlineData("\"nclue_model_status\":\"active\"", "{\"name\":null,\"status\":\"active\"}")]
    [InlineData("\"nclue_model_name\":\"\",\"nclue_model_status\":\"active\"", "{\"name\":null,\"status\":\"active\"}")]
    [InlineData("\"nclue_model_name\":\"nfm 2\",\"nclue_model_status\":\"active\"", "{\"name\":\"nfm 2\",\"status\":\"active\"}")]
    public void A_model_is_null_only_where_the_upstream_sends_neither_of_its_fields(string fields, string model) =>
        Value(fields, "model").ShouldBe(model);

    [Theory]
    [InlineData("completed", "{\"bucket\":\"b\",\"path\":\"p/f\"}")]
    [InlineData("complete", "{\"bucket\":\"b\",\"path\":\"p/f\"}")]
    [InlineData("registered", "null")]
    [InlineData("pending", "null")]
    [InlineData("in_progress", "null")]
    [InlineData("failed", "null")]
    [InlineData("done", "null")]
    public void There_is_a_result_only_when_the_run_is_completed(string status, string result) =>
        Value($"\"result_bucket\":\"b\",\"result_file_path\":\"p/f\",\"status\":\"{status}\"", "result").ShouldBe(result);

    [Theory]
    [InlineData("\"result_bucket\":\"b\"", "{\"bucket\":\"b\",\"path\":null}")]
    [InlineData("\"result_file_path\":\"p\",\"result_bucket\":\"\"", "{\"bucket\":null,\"path\":\"p\"}")]
    [InlineData("\"result_file_path\":\"\",\"result_bucket\":null", "null")]
    [InlineData("\"run_name\":\"n\"", "null")]
    public void A_completed_run_has_a_result_when_a_bucket_or_a_path_was_sent(string fields, string result) =>
        Value($"\"status\":\"completed\",{fields}", "result").ShouldBe(result);

    [Theory]
    [InlineData("completed", "2024-11-22T08:55:22", "36")]
    [InlineData("complete", "2024-11-22T08:54:46", "0")]
    [InlineData("completed", "2024-11-21T23:55:22Z", "36")]
    [InlineData("completed", "2024-11-22T08:54:45", "null")]
    [InlineData("completed", "", "null")]
    [InlineData("completed", "later", "null")]
    [InlineData("in_progress", "2024-11-22T08:55:22", "null")]
    [InlineData("failed", "2024-11-22T08:55:22", "null")]
    [InlineData("completed", "2034-11-22T08:54:46", "315532800")]
    public void A_duration_is_that_of_a_completed_run_and_not_negative(string status, string completedAt, string seconds) =>
        Value($"\"status\":\"{status}\",\"created_at\":\"2024-11-22T08:54:46\",\"completed_at\":\"{completedAt}\"", "durationSeconds")
            .ShouldBe(seconds);

    [Fact]
    public void A_duration_needs_both_times() =>
        Value("\"status\":\"completed\",\"completed_at\":\"2024-11-22T08:54:46\"", "durationSeconds").ShouldBe("null");

    [Fact]
    public void The_time_of_completion_is_shown_as_sent_with_any_status() =>
        Value("\"status\":\"failed\",\"completed_at\":\"2024-11-22T08:55:22.987\"", "completedAt")
            .ShouldBe("\"2024-11-22T08:55:22+09:00\"");

    [Fact]
    public void A_time_that_cannot_be_read_is_null_and_a_number_is_none() =>
        Value("\"created_at\":1732233286", "createdAt").ShouldBe("null");

    [Fact]
    public void Times_without_an_offset_are_read_in_the_configured_zone_and_all_are_written_in_it()
    {
        var row = Row(
            "\"created_at\":\"2024-11-22T08:54:46\",\"completed_at\":\"2024-11-22T08:55:22+09:00\"",
            new TaskRunNormalizer(TimeZoneInfo.Utc, HelpLanguage.Ko));

        ValueOf(row, "createdAt").ShouldBe("\"2024-11-22T08:54:46+00:00\"");
        ValueOf(row, "completedAt").ShouldBe("\"2024-11-21T23:55:22+00:00\"");
    }

    [Theory]
    [InlineData("\"status\":\"failed\"")]
    [InlineData("\"status\":\"failed\",\"fail_message\":null")]
    [InlineData("\"status\":\"failed\",\"fail_message\":\"\"")]
    [InlineData("\"status\":\"failed\",\"fail_message\":{\"code\":\"COMMON_ERROR\"}")]
    public void There_is_no_failure_without_a_message(string fields) => Value(fields, "failure").ShouldBe("null");

    [Fact]
    public void A_documented_failure_names_its_code_and_keeps_the_message_as_sent() =>
        Value("\"fail_message\":\"disk *space* shortage\"", "failure").ShouldBe(
            "{\"code\":\"DISK_SPACE_SHORTAGE\",\"message\":\"disk *space* shortage\",\"help\":\"https://guide.ncloud-docs.com/docs/"
            + "nclue-troubleshoot-message#%EC%A0%80%EC%9E%A5%EA%B3%B5%EA%B0%84%EB%B6%80%EC%A1%B1\",\"retryable\":false}");

    [Fact]
    public void An_unlisted_failure_keeps_its_text_and_gets_the_general_help() =>
        Value("\"fail_message\":\"디스크 <오류>\"", "failure").ShouldBe(
            """{"code":null,"message":"디스크 \u003C오류\u003E","help":"https://guide.ncloud-docs.com/docs/nclue-troubleshoot","""
            + """
            "retryable":null}
            """);

    [Fact]
    public void The_help_is_in_the_configured_language() =>
        ValueOf(Row("\"fail_message\":\"?\"", new TaskRunNormalizer(Seoul, HelpLanguage.En)), "failure.help")
            .ShouldBe("\"https://guide.ncloud-docs.com/docs/en/nclue-troubleshoot\"");
}
