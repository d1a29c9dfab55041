using System.Text.Json;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>The gateway's standard output in a test, which can be stuck or full.</summary>
internal sealed class CapturedLog : StringWriter
{
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _open = new(initialState: true);

    /// <summary>True if nothing more can be written.</summary>
    public bool IsFull { get; set; }

    /// <summary>Released each time a writer finds the output stuck.</summary>
    public SemaphoreSlim Stuck { get; } = new(0);

    /// <summary>True while writes block.</summary>
    public bool IsHeld
    {
        set
        {
            if (value)
            {
                _open.Reset();
            }
            else
            {
                _open.Set();
            }
        }
    }

    /// <summary>Returns all lines of a category so far, as a collector reads them: each must be JSON.</summary>
    public List<JsonElement> Events(string category) =>
        [.. ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Contains($"\"SourceContext\":\"{category}\"", StringComparison.Ordinal))
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    public override void Write(string? value)
    {
        lock (_lock)
        {
            base.Write(value);
        }
    }

    public override void Flush()
    {
        if (!_open.IsSet)
        {
            Stuck.Release();
        }

        _open.Wait();
        if (IsFull)
        {
            throw new IOException("No space left on device");
        }
    }

    public override string ToString()
    {
        lock (_lock)
        {
            return base.ToString();
        }
    }

    protected override void Dispose(bool disposing)
    {
        _open.Set();
        base.Dispose(disposing);
    }
}
