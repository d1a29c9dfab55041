using System.Diagnostics.CodeAnalysis;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// Converts the body of an upstream response to rows. The mirror itself knows no field of a row except the id at its
/// start.
/// </summary>
internal interface IRowNormalizer
{
    /// <summary>Normalizes the body of a response.</summary>
    /// <param name="block">The number of the block or window.</param>
    /// <param name="departedAt">The timestamp of the request's departure.</param>
    /// <param name="body">The whole body.</param>
    /// <param name="response">The rows; the first 100 of them.</param>
    /// <param name="error">The reason why the body cannot be read; it quotes nothing of the body.</param>
    bool TryNormalize(
        int block,
        long departedAt,
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out NormalizedRows? response,
        [NotNullWhen(false)] out string? error);
}

/// <summary>The rows of one response. The room that knows their fields derives from it, and adds what it needs later.</summary>
/// <param name="Rows">The rows, ready to be served.</param>
internal abstract record NormalizedRows(TaskRunRows Rows);
