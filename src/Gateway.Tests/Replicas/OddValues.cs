using System.Globalization;
using StackExchange.Redis;

namespace NclueGateway.Tests.Replicas;

/// <summary>Values that another application, a mistake or an attacker could leave in the gateway's keys.</summary>
internal static class OddValues
{
    private static readonly string[] Texts =
    [
        "", "x", "abc def", "-5", "-1", "0", "1", "5", "9", "9999999999", "99999999999999", "9007199254740993",
        "18446744073709551616", "1e300", "1e15",
        "nan", "inf", "-inf", "0x10", " 5 ", "5.5", "a b c", "1 2 3", "r1 1 1 1 1 1 1", "<<<", "<key id='x'/>", "<revocation/>",
        "[]", "{}", "null",
        Key("9999-12-31T23:59:59-14:00"), Key("0001-01-01T00:00:00+14:00"), Key("99999-01-01T00:00:00Z"), Key("2026-13-32T25:61:61Z"),
        Key("9999-12-31T00:00:00Z"), Key("9999-12-31T00:00:00Z", attribute: "seal='AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"),
        Key("9999-12-31T00:00:00Z", content: string.Concat(Enumerable.Repeat("<a>", 2_000).Concat(Enumerable.Repeat("</a>", 2_000)))),
        Key("9999-12-31T00:00:00Z", content: string.Concat(Enumerable.Repeat("<a>", 100_000).Concat(Enumerable.Repeat("</a>", 100_000)))),
    ];

    /// <summary>Returns a key of the key ring with all the attributes that identify it, equal times, and no secret.</summary>
    public static string Key(string time, string content = "", string attribute = "", string id = "01234567-89ab-cdef-0123-456789abcdef") =>
        $"<key id='{id}' version='1' {attribute}><creationDate>{time}</creationDate><activationDate>{time}</activationDate>"
        + $"<expirationDate>{time}</expirationDate>{content}</key>";

    /// <summary>Returns a text, a number of any size, a time near now, or bytes.</summary>
    public static RedisValue Next(Random random)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        switch (random.Next(6))
        {
            case 0:
                var bytes = new byte[random.Next(3) == 0 ? 8 : random.Next(300)];
                random.NextBytes(bytes);
                return bytes;
            case 1:
                return now + random.Next(-3_000, 3_000);
            case 2:
                return ((long)Math.Pow(10, random.NextDouble() * 18)).ToString(CultureInfo.InvariantCulture);
            case 3:
                return new string('9', random.Next(1, 400));
            default:
                return Texts[random.Next(Texts.Length)];
        }
    }

    /// <summary>Replaces a key by a value of any type.</summary>
    public static async Task ReplaceAsync(IDatabase database, RedisKey key, Random random)
    {
        await database.KeyDeleteAsync(key);
        switch (random.Next(5))
        {
            case 0:
                await database.StringSetAsync(key, Next(random));
                break;
            case 1:
                await database.ListRightPushAsync(key, [Next(random), Next(random)]);
                break;
            case 2:
                await database.SetAddAsync(key, [Next(random), Next(random)]);
                break;
            case 3:
                await database.SortedSetAddAsync(key, Next(random), random.Next(2) == 0 ? double.PositiveInfinity : random.NextDouble());
                break;
            case 4:
                await database.HashSetAsync(
                    key,
                    [new("absexp", Next(random)), new("sldexp", Next(random)), new("data", Next(random)), new(Next(random), "x")]);
                break;
        }
    }

    /// <summary>Removes fields from a hash: any of them, or all but one.</summary>
    public static async Task LoseAsync(IDatabase database, RedisKey key, Random random)
    {
        var fields = (await database.HashKeysAsync(key)).OrderBy(field => (string?)field, StringComparer.Ordinal).ToArray();
        var kept = random.Next(Math.Max(fields.Length, 1));
        var isAllButOne = random.Next(3) == 0;
        await database.HashDeleteAsync(key, [.. fields.Where((_, n) => isAllButOne ? n != kept : random.Next(2) == 0)]);
    }
}
