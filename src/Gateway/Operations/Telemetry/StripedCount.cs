namespace NclueGateway.Operations.Telemetry;

/// <summary>
/// A number that many requests change at once. Each processor has a part of its own, so that they do not pass one line of memory back and forth
/// (and nobody looks for the measurement's labels): a metric that is read out seldom is to cost a request next to nothing.
/// </summary>
internal sealed class StripedCount
{
    private const int Apart = 16; // numbers: two lines of 64 bytes, which processors fetch in pairs

    private readonly long[] _parts = new long[(Environment.ProcessorCount + 1) * Apart];

    /// <summary>The sum; exact once nobody changes it.</summary>
    public long Total
    {
        get
        {
            var total = 0L;
            for (var at = Apart; at < _parts.Length; at += Apart)
            {
                total += Volatile.Read(ref _parts[at]);
            }

            return total;
        }
    }

    public void Add(int number) =>
        Interlocked.Add(ref _parts[(((int)((uint)Thread.GetCurrentProcessorId() % (uint)Environment.ProcessorCount)) + 1) * Apart], number);
}
