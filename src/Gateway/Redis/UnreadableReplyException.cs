using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>The exception that is thrown when a reply of Redis is malformed. Redis then counts as unavailable.</summary>
internal sealed class UnreadableReplyException(string field) : RedisException($"The field '{field}' of a reply of Redis cannot be read.");
