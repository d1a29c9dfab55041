using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>
/// The reply of a script: names and values. They come from a Redis that other programs can write to, so every value is validated when it is
/// read.
/// </summary>
/// <param name="result">An array of name, value, name, value, and so on.</param>
internal sealed class ScriptReply(RedisResult result)
{
    private readonly Dictionary<string, RedisResult> _fields = Items(result).Chunk(2)
        .Where(field => field.Length == 2 && IsSingle(field[0]))
        .DistinctBy(field => (string?)field[0])
        .ToDictionary(field => (string?)field[0] ?? "", field => field[1], StringComparer.Ordinal);

    /// <summary>Returns a field that is a whole number within bounds.</summary>
    /// <exception cref="UnreadableReplyException">The field is missing or is not such a number.</exception>
    public long Number(string name, long most, long least = 0) =>
        _fields.GetValueOrDefault(name) is { } field && IsSingle(field)
        && ((RedisValue)field).TryParse(out long number) && number >= least && number <= most
            ? number
            : throw new UnreadableReplyException(name);

    /// <summary>Returns a field that is a string.</summary>
    /// <exception cref="UnreadableReplyException">The field is missing or is not a string.</exception>
    public string Text(string name) => _fields.GetValueOrDefault(name) is { } field && IsSingle(field)
        ? (string?)field ?? ""
        : throw new UnreadableReplyException(name);

    /// <summary>Returns a field that is an array of strings. Other elements are omitted; a missing field is an empty array.</summary>
    public string[] Texts(string name) => _fields.GetValueOrDefault(name) is { } field
        ? [.. Items(field).Where(IsSingle).Select(item => (string?)item ?? "")]
        : [];

    private static bool IsSingle(RedisResult result) =>
        !result.IsNull && result.Resp2Type is ResultType.Integer or ResultType.BulkString or ResultType.SimpleString;

    private static RedisResult[] Items(RedisResult result) =>
        !result.IsNull && result.Resp2Type == ResultType.Array ? (RedisResult[])result! : [];
}
