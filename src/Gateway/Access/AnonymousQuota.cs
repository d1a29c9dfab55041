using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using NclueGateway.Access.Sessions;
using NclueGateway.Http;

namespace NclueGateway.Access;

/// <summary>
/// What one address may ask of the sign-in paths, where nobody is signed in yet and each request costs the identity provider one. Goes after
/// the known proxies have been taken off the address and before authentication, which answers the callback itself.
/// </summary>
internal sealed class AnonymousQuota(RequestDelegate next, QuotaOptions options, TimeProvider time)
{
    private static readonly string[] SignInPaths = [SessionEndpoints.Login, SessionEndpoints.Callback, SessionEndpoints.BackChannelLogout];

    private readonly TokenBuckets<AddressRange> _buckets = new(options.AnonymousPerSecond, options.AnonymousPerSecond, time);

    /// <summary>The paths that it is about.</summary>
    public static IReadOnlyList<string> Paths => SignInPaths;

    public Task InvokeAsync(HttpContext context)
    {
        if (!IsSignIn(context.Request.Path.Value))
        {
            return next(context);
        }

        var level = _buckets.Take(AddressRange.Of(context.Connection.RemoteIpAddress));
        return level.IsTaken ? next(context) : RefuseAsync(context, level.Wait);
    }

    /// <summary>Compares as the router does, which sees no difference in case or in a slash at the end.</summary>
    private static bool IsSignIn(ReadOnlySpan<char> path)
    {
        path = path.TrimEnd('/');
        foreach (var signIn in SignInPaths)
        {
            if (path.Equals(signIn, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static Task RefuseAsync(HttpContext context, TimeSpan wait) => new ProblemAnswer(Problems.CallerQuota)
    {
        Detail = "Too many sign-ins come from this address (Quota:AnonymousPerSecond).",
        RetryAfter = wait,
    }.ExecuteAsync(context);
}

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
