using System.Globalization;

namespace NclueGateway.Operations;

/// <summary>
/// Has the threads that wait for sockets take from a socket themselves what has arrived, in place of asking another thread to. What follows must
/// not block there, or nothing of anybody would arrive meanwhile: Kestrel hands each request to the thread pool, and the gateway's own connections
/// are <see cref="ThreadPoolStream"/>s. Chosen by measurement: docs/adr/0017-the-runtime-as-it-is-set.md.
/// </summary>
/// <remarks>
/// The runtime (SocketAsyncEngine, on Linux and macOS) looks at these variables once, when the process opens its first socket. Whoever starts the
/// process may set them otherwise.
/// </remarks>
internal static class InlineCompletions
{
    private const string IsOn = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string ThreadCount = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>What a request costs, as a multiple of what it costs to take it from its socket; rather too small than too large.</summary>
    private const int ProcessorsForEachThread = 4;

    /// <summary>Turns them on, for the whole process. Has to come before its first socket.</summary>
    public static void TurnOn()
    {
        SetDefault(IsOn, "1");
        if (Environment.GetEnvironmentVariable(IsOn) == "1")
        {
            SetDefault(ThreadCount, Math.Max(1, Environment.ProcessorCount / ProcessorsForEachThread).ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void SetDefault(string variable, string value)
    {
        if (Environment.GetEnvironmentVariable(variable) is null)
        {
            Environment.SetEnvironmentVariable(variable, value);
        }
    }
}
