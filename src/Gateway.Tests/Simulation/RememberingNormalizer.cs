using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using NclueGateway.Mirror.Refresh;

namespace NclueGateway.Tests.Simulation;

/// <summary>Normalizes equal bodies once: a list that is read again and again seldom changes, and that took much of the time.</summary>
internal sealed class RememberingNormalizer(IRowNormalizer normalizer, Dictionary<UInt128, NormalizedRows> known) : IRowNormalizer
{
    public bool TryNormalize(
        int block,
        long departedAt,
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out NormalizedRows? response,
        [NotNullWhen(false)] out string? error)
    {
        var hash = XxHash128.HashToUInt128(body.Span);
        if (known.TryGetValue(hash, out response))
        {
            error = null;
            return true;
        }

        var isRead = normalizer.TryNormalize(block, departedAt, body, out response, out error);
        if (isRead)
        {
            known[hash] = response!;
        }

        return isRead;
    }
}
