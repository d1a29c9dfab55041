using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// A task run, computed from its number, its creation time and the clock. Every row can be recomputed, so none is
/// stored. The number is part of the name, <c>run-000123 …</c>.
/// </summary>
/// <param name="Number">0 or more.</param>
/// <param name="Created">
/// Creation time; sent in Korean time and without an offset, as in the documentation's sample.
/// </param>
/// <param name="Frozen">True if the run is final from the start.</param>
/// <param name="Renamed">Number of times that a person has renamed the run.</param>
/// <remarks>
/// Rows vary as the documentation allows: <c>complete</c> and <c>completed</c>, <c>NFM2</c> and <c>NFM02</c>, or no
/// model. Before the run ends, <c>completed_at</c> is null, empty or absent. Optional fields may be absent.
/// </remarks>
internal readonly record struct SimulatedRun(int Number, DateTimeOffset Created, bool Frozen, int Renamed = 0)
{
    private const string NamePrefix = "run-";
    private static readonly TimeSpan KoreanOffset = TimeSpan.FromHours(9);

    private static readonly string[] Tasks =
        ["봄 세일 구매 예측", "Churn within 30 days", "신규 회원 재방문 예측", "Coupon response", "장바구니 이탈 예측", "Premium upgrade"];

    private static readonly (string Name, int Lines)[] Features =
        [("최근 30일 쇼핑 로그", 93_734), ("Search log, last quarter", 1_204_518), ("앱 방문 기록", 412_007), ("Newsletter clicks", 58_120)];

    private static readonly string[] FailMessages =
        ["OBS_UPLOAD_FAILED", "COMMON_ERROR", "DISK_SPACE_SHORTAGE", "OBS_USER_FILE_ACCESS_ERROR", "NOT_EXIST_FILE", "OBS_DOWNLOAD_FAILED"];

    /// <summary>Returns the id of a run: stable, unique and in the form of a UUID.</summary>
    public static string IdOf(int number) => MakeId("run", number);

    /// <summary>Returns the number in a run's name.</summary>
    /// <exception cref="FormatException">The name is not one of the simulator's.</exception>
    public static int NumberOf(string runName) => runName.StartsWith(NamePrefix, StringComparison.Ordinal)
        ? int.Parse(runName.Split(' ')[0].AsSpan(NamePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture)
        : throw new FormatException($"'{runName}' is not the name of a simulated run.");

    /// <summary>The name of the run.</summary>
    public string Name => $"{NamePrefix}{Number:000000} {Tasks[Number % Tasks.Length]}{(Renamed == 0 ? "" : $" ({Renamed})")}";

    private bool Fails => Number % 7 == 3;

    private TimeSpan PendingAfter => TimeSpan.FromSeconds(8 + Number % 5);

    private TimeSpan StartedAfter => PendingAfter + TimeSpan.FromSeconds(10 + Number % 7);

    private TimeSpan EndedAfter => StartedAfter + TimeSpan.FromSeconds(30 + Number * 37 % 60);

    /// <summary>Returns the status at <paramref name="now"/> in the upstream's spelling.</summary>
    public string StatusAt(DateTimeOffset now)
    {
        var age = Frozen ? TimeSpan.MaxValue : now - Created;
        return age < PendingAfter ? "registered"
            : age < StartedAfter ? "pending"
            : age < EndedAfter ? "in_progress"
            : Fails ? "failed"
            : Number % 2 == 0 ? "completed" : "complete";
    }

    /// <summary>Writes the run as one element of <c>runs</c>.</summary>
    public void WriteTo(Utf8JsonWriter json, DateTimeOffset now)
    {
        var status = StatusAt(now);
        var task = Number % Tasks.Length;
        var feature = Number / 2 % Features.Length;

        json.WriteStartObject();
        json.WriteString("run_id", IdOf(Number));
        json.WriteString("run_name", Name);
        json.WriteString("task_id", MakeId("task", task));
        WriteUnless(Number % 11 == 5, json, "task_name", Tasks[task]);
        json.WriteString("feature_id", MakeId("feature", feature));
        WriteUnless(Number % 13 == 6, json, "feature_name", Features[feature].Name);
        json.WriteString("status", status);
        json.WriteString("created_at", KoreanTime(Created));
        WriteCompletedAt(json, status);
        json.WriteString("result_bucket", "nclue-results");
        json.WriteString("result_file_path", $"{Created:yyyy/MM}/run-{Number:000000}");
        WriteModel(json);
        if (status is not ("registered" or "pending") && Number % 17 != 8)
        {
            json.WriteNumber("line_count", Features[feature].Lines);
        }

        WriteFailMessage(json, status);
        json.WriteEndObject();
    }

    private void WriteCompletedAt(Utf8JsonWriter json, string status)
    {
        if (status is "completed" or "complete" || (status is "failed" && Number % 2 == 0))
        {
            json.WriteString("completed_at", KoreanTime(Created + EndedAfter));
        }
        else if (Number % 3 == 0)
        {
            json.WriteNull("completed_at");
        }
        else if (Number % 3 == 1)
        {
            json.WriteString("completed_at", "");
        }
    }

    private void WriteModel(Utf8JsonWriter json)
    {
        if (Number % 5 != 4)
        {
            json.WriteString("nclue_model_name", Number % 2 == 0 ? "NFM2" : "NFM02");
            json.WriteString("nclue_model_status", Number % 19 == 9 ? "deprecated" : "active");
        }
    }

    private void WriteFailMessage(Utf8JsonWriter json, string status)
    {
        if (status is "failed")
        {
            json.WriteString("fail_message", FailMessages[Number / 7 % FailMessages.Length]);
        }
        else if (Number % 3 != 2)
        {
            json.WriteNull("fail_message");
        }
    }

    private static void WriteUnless(bool leftOut, Utf8JsonWriter json, string name, string value)
    {
        if (!leftOut)
        {
            json.WriteString(name, value);
        }
    }

    private static string KoreanTime(DateTimeOffset time) =>
        time.ToOffset(KoreanOffset).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static string MakeId(string kind, int number)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{kind} {number}"), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x40);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true).ToString();
    }
}
