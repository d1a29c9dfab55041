namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>Bounds of numbers that are read from Redis. Higher ones are not a gateway's.</summary>
internal static class LogBounds
{
    /// <summary>The highest time, in milliseconds since 1970: in the year 5138. <c>pacer.lua</c> has the same.</summary>
    public const long LatestTime = 99_999_999_999_999;

    /// <summary>The highest number of an entry.</summary>
    public const long MaxNumber = 99_999_999_999_999;

    /// <summary>Returns true for a time that a gateway can have written.</summary>
    public static bool IsTime(long time) => time is >= 0 and <= LatestTime;

    /// <summary>Returns true for a number of an entry that a gateway can have written.</summary>
    public static bool IsNumber(long number) => number is >= 0 and <= MaxNumber;
}
