using System.Buffers;
using System.IO.Hashing;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>The body of a response without a content coding.</summary>
internal interface IResponseBody
{
    /// <summary>
    /// The strong entity tag, in quotes. It depends on the content alone, so that it is the same on every replica and after every refetch.
    /// </summary>
    string ETag { get; }

    /// <summary>The length of the body in bytes.</summary>
    int Length { get; }

    /// <summary>Writes the body.</summary>
    void WriteTo(IBufferWriter<byte> body);
}

/// <summary>A body that is written already.</summary>
/// <param name="Json">The body, UTF-8.</param>
/// <param name="Hash">Hash of the body.</param>
internal sealed record WrittenBody(ReadOnlyMemory<byte> Json, UInt128 Hash) : IResponseBody
{
    public WrittenBody(ReadOnlyMemory<byte> json)
        : this(json, XxHash128.HashToUInt128(json.Span))
    {
    }

    public string ETag { get; } = $"\"{Hash:x32}\"";

    public int Length => Json.Length;

    public void WriteTo(IBufferWriter<byte> body) => body.Write(Json.Span);
}
