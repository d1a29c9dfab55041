using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace NclueGateway.Http;

/// <summary>
/// The addresses of one household or machine: one IPv4 address, or the 2^64 addresses of an IPv6 subnet (RFC 4291
/// §2.5.4). A machine can use another address of its subnet for each request.
/// </summary>
/// <param name="Family">The address family; unspecified for a caller without an address (a Unix socket).</param>
/// <param name="Bits">The IPv4 address, or the first half of the IPv6 address.</param>
internal readonly record struct AddressRange(AddressFamily Family, ulong Bits)
{
    /// <summary>Returns the range that an address belongs to.</summary>
    public static AddressRange Of(IPAddress? address)
    {
        if (address is null)
        {
            return default;
        }

        var actual = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address; // a dual-stack socket reports IPv4 addresses in this form
        Span<byte> bytes = stackalloc byte[16];
        actual.TryWriteBytes(bytes, out var length);
        var bits = length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
        return new(actual.AddressFamily, bits);
    }
}
