using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.TaskRuns.Normalizing;

public sealed class FailureCatalogTests
{
    private const string Guide = "https://guide.ncloud-docs.com/docs/nclue-troubleshoot-message#";

    private static readonly FailureCatalog Korean = new(HelpLanguage.Ko);
    private static readonly FailureCatalog English = new(HelpLanguage.En);

    [Theory]
    [InlineData("COMMON_ERROR", "알수없는오류")]
    [InlineData("DISK_SPACE_SHORTAGE", "저장공간부족")]
    [InlineData("DUPLICATE_USERID", "사용자아이디중복")]
    [InlineData("LIMIT_ERROR_MID_LENGTH", "사용자아이디길이초과")]
    [InlineData("NOT_EXIST_FILE", "파일누락")]
    [InlineData("NUM_OF_LABEL_INSUFFICIENT", "데이터부족")]
    [InlineData("OBS_DOWNLOAD_FAILED", "파일다운로드실패")]
    [InlineData("OBS_UPLOAD_FAILED", "파일업로드실패", true)]
    [InlineData("OBS_USER_FILE_ACCESS_ERROR", "ObjectStorage접근오류")]
    [InlineData("UNEXPECTED_FILE_TYPE", "파일처리오류")]
    [InlineData("UNEXPECTED_LABEL", "정답데이터셋라벨오류")]
    [InlineData("UNEXPECTED_TXT_FORMAT", "파일포맷오류")]
    public void A_documented_code_leads_to_its_place_in_the_guide_and_only_a_passing_fault_may_be_tried_again(
        string code, string anchor, bool transient = false)
    {
        var failure = Korean.Find(code);

        failure.Code.ShouldBe(code);
        failure.Retryable.ShouldBe(transient);
        Uri.UnescapeDataString(failure.Help.OriginalString).ShouldBe(Guide + anchor);
        failure.Help.OriginalString.ShouldAllBe(c => char.IsAscii(c));
    }

    [Fact]
    public void The_English_guide_has_the_same_anchors()
    {
        var failure = English.Find("NOT_EXIST_FILE");

        failure.Code.ShouldBe("NOT_EXIST_FILE");
        failure.Retryable.ShouldBe(false);
        failure.Help.OriginalString
            .ShouldBe("https://guide.ncloud-docs.com/docs/en/nclue-troubleshoot-message#%ED%8C%8C%EC%9D%BC%EB%88%84%EB%9D%BD");
    }

    [Theory]
    [InlineData("not_exist_file")]
    [InlineData("NOT EXIST FILE")]
    [InlineData("NOT *EXIST* FILE")]
    [InlineData("NOT__EXIST \t\n*_FILE")]
    [InlineData(" *NOT_EXIST_FILE* ")]
    public void A_code_may_be_garbled_as_the_guide_garbles_it(string message) => Korean.Find(message).Code.ShouldBe("NOT_EXIST_FILE");

    [Theory]
    [InlineData("NOTEXISTFILE")]
    [InlineData("NOT-EXIST-FILE")]
    [InlineData("NOT_EXIST_FILE: a.tsv")]
    [InlineData("***")]
    [InlineData(" ")]
    [InlineData("알 수 없는 오류")]
    public void Any_other_message_is_unlisted(string message)
    {
        var (korean, english) = (Korean.Find(message), English.Find(message));
        (korean.Code, korean.Message, korean.Retryable).ShouldBe((null, message, null));
        korean.Help.OriginalString.ShouldBe("https://guide.ncloud-docs.com/docs/nclue-troubleshoot");
        english.ShouldBe(korean with { Help = new("https://guide.ncloud-docs.com/docs/en/nclue-troubleshoot") });
    }
}
