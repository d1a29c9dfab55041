using System.ComponentModel.DataAnnotations;

namespace NclueGateway.Access.Sessions;

/// <summary>What a browser's script is told of its session. Every property is always present.</summary>
internal static class SessionContract
{
    /// <summary>Who is signed in, and for how long.</summary>
    public sealed record Session
    {
        /// <summary>The identity provider's name for the person: the claim of Auth:SubjectClaim.</summary>
        public required string Subject { get; init; }

        /// <summary>The person's name as the identity provider has it; null where it does not tell.</summary>
        public required string? Name { get; init; }

        /// <summary>What the person may do: the value of Auth:ReadScope for reading task runs, or nothing.</summary>
        public required IReadOnlyList<string> Permissions { get; init; }

        /// <summary>When the session ends unless it is used before, UTC, to the second. Requests to /api use it.</summary>
        [DataType(DataType.DateTime)]
        public required string IdleExpiresAt { get; init; }

        /// <summary>When the session ends however much it is used, UTC, to the second.</summary>
        [DataType(DataType.DateTime)]
        public required string AbsoluteExpiresAt { get; init; }
    }

    /// <summary>The session has ended.</summary>
    public sealed record SignedOut
    {
        /// <summary>Where the browser ends the identity provider's session as well; null where there is no such page or the provider does not answer.</summary>
        public required Uri? LogoutUrl { get; init; }
    }
}
