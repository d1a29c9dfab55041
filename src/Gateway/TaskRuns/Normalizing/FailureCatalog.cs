using System.Collections.Frozen;
using System.Text.RegularExpressions;
using NclueGateway.Upstream;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// The failures that NCP documents for <c>fail_message</c>, each with its section in the guide
/// (https://guide.ncloud-docs.com/docs/nclue-troubleshoot and nclue-troubleshoot-message).
/// </summary>
internal sealed partial class FailureCatalog
{
    private static readonly (string Code, string KoreanTitle, bool Transient)[] Documented =
    [
        ("COMMON_ERROR", "알 수 없는 오류", false),
        ("DISK_SPACE_SHORTAGE", "저장 공간 부족", false),
        ("DUPLICATE_USERID", "사용자 아이디 중복", false),
        ("LIMIT_ERROR_MID_LENGTH", "사용자 아이디 길이 초과", false),
        ("NOT_EXIST_FILE", "파일 누락", false),
        ("NUM_OF_LABEL_INSUFFICIENT", "데이터 부족", false),
        ("OBS_DOWNLOAD_FAILED", "파일 다운로드 실패", false),
        ("OBS_UPLOAD_FAILED", "파일 업로드 실패", true),
        ("OBS_USER_FILE_ACCESS_ERROR", "Object Storage 접근 오류", false),
        ("UNEXPECTED_FILE_TYPE", "파일 처리 오류", false),
        ("UNEXPECTED_LABEL", "정답 데이터셋 라벨 오류", false),
        ("UNEXPECTED_TXT_FORMAT", "파일 포맷 오류", false),
    ];

    /// <summary>The documented codes.</summary>
    public static IEnumerable<string> Codes => Documented.Select(row => row.Code);

    private readonly FrozenDictionary<string, TaskRunFailure> _byCode;
    private readonly TaskRunFailure _unlisted;

    public FailureCatalog(HelpLanguage language)
    {
        var guide = language == HelpLanguage.En ? "https://guide.ncloud-docs.com/docs/en/" : "https://guide.ncloud-docs.com/docs/";

        _unlisted = new() { Code = null, Message = "", Help = new(guide + "nclue-troubleshoot"), Retryable = null };
        _byCode = Documented.ToFrozenDictionary(
            row => row.Code,
            row => new TaskRunFailure
            {
                Code = row.Code,
                Message = "",
                Help = new($"{guide}nclue-troubleshoot-message#{Anchor(row.KoreanTitle)}"),
                Retryable = row.Transient,
            },
            StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Returns the failure for a message, which may be one of the documented codes or any other text.
    /// </summary>
    public TaskRunFailure Find(string message) =>
        _byCode.GetValueOrDefault(Separators().Replace(message, "_").Trim('_'), _unlisted) with { Message = message };

    // The anchors are the Korean titles without spaces, on the English pages too.
    private static string Anchor(string koreanTitle) => Uri.EscapeDataString(koreanTitle.Replace(" ", "", StringComparison.Ordinal));

    // Some pages of the guide show codes as "NOT EXIST FILE" or "DISK *SPACE* SHORTAGE": underscores that became
    // emphasis.
    [GeneratedRegex(@"[\s*_]+", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Separators();
}
