using System.ComponentModel.DataAnnotations;

namespace NclueGateway.Access.Sessions;

/// <summary>The session as a browser's script sees it. Every property is always present.</summary>
internal static class SessionContract
{
    /// <summary>The signed-in person, the permissions and the end of the session.</summary>
    public sealed record Session
    {
        /// <summary>The identity provider's name for the person: the claim of Auth:SubjectClaim.</summary>
        public required string Subject { get; init; }

        /// <summary>The person's name at the identity provider; null where the provider sends none.</summary>
        public required string? Name { get; init; }

        /// <summary>The person's permissions: the value of Auth:ReadScope for reading task runs, or nothing.</summary>
        public required IReadOnlyList<string> Permissions { get; init; }

        /// <summary>The time at which the session ends unless a request to /api extends it, UTC, to the second.</summary>
        [DataType(DataType.DateTime)]
        public required string IdleExpiresAt { get; init; }

        /// <summary>The time at which the session ends even if it is used, UTC, to the second.</summary>
        [DataType(DataType.DateTime)]
        public required string AbsoluteExpiresAt { get; init; }
    }

    /// <summary>The session has ended.</summary>
    public sealed record SignedOut
    {
        /// <summary>The address at which the browser ends the identity provider's session; null where none is known.</summary>
        public required Uri? LogoutUrl { get; init; }
    }
}
