using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace NclueGateway.Http;

/// <summary>
/// The addresses that one household or machine has: one of IPv4, or the 2^64 of an IPv6 subnet (RFC 4291 §2.5.4), from which it may take a
/// new one for each request.
/// </summary>
/// <param name="Family">The family; unspecified for a caller without an address (a Unix socket).</param>
/// <param name="Bits">The address, or the first half of it.</param>
internal readonly record struct AddressRange(AddressFamily Family, ulong Bits)
{
    public static AddressRange Of(IPAddress? address)
    {
        if (address is null)
        {
            return default;
        }

        var actual = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address; // a socket for both families sees IPv4 like that
        Span<byte> bytes = stackalloc byte[16];
        actual.TryWriteBytes(bytes, out var length);
        return new(actual.AddressFamily, length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }
}
