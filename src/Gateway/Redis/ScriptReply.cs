using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>The answer of a script: names and values. What it holds stems from values that others can write, so every reading is bounded.</summary>
/// <param name="result">name, value, name, value, …</param>
internal sealed class ScriptReply(RedisResult result)
{
    private readonly Dictionary<string, RedisResult> _fields = Items(result).Chunk(2)
        .Where(field => field.Length == 2 && IsSingle(field[0]))
        .DistinctBy(field => (string?)field[0])
        .ToDictionary(field => (string?)field[0] ?? "", field => field[1], StringComparer.Ordinal);

    /// <summary>A whole number within bounds.</summary>
    /// <exception cref="UnreadableReplyException">It is none.</exception>
    public long Number(string name, long most, long least = 0) =>
        _fields.GetValueOrDefault(name) is { } field && IsSingle(field)
        && ((RedisValue)field).TryParse(out long number) && number >= least && number <= most
            ? number
            : throw new UnreadableReplyException(name);

    /// <summary>A text.</summary>
    /// <exception cref="UnreadableReplyException">It is none.</exception>
    public string Text(string name) => _fields.GetValueOrDefault(name) is { } field && IsSingle(field)
        ? (string?)field ?? ""
        : throw new UnreadableReplyException(name);

    /// <summary>A list of texts. What is no text is left out.</summary>
    public string[] Texts(string name) => _fields.GetValueOrDefault(name) is { } field
        ? [.. Items(field).Where(IsSingle).Select(item => (string?)item ?? "")]
        : [];

    private static bool IsSingle(RedisResult result) =>
        !result.IsNull && result.Resp2Type is ResultType.Integer or ResultType.BulkString or ResultType.SimpleString;

    private static RedisResult[] Items(RedisResult result) => !result.IsNull && result.Resp2Type == ResultType.Array ? (RedisResult[])result! : [];
}
