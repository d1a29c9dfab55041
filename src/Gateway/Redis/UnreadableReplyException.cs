using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>Redis has answered with something that cannot be the answer: it counts as away.</summary>
internal sealed class UnreadableReplyException(string field) : RedisException($"The field '{field}' of an answer of Redis cannot be read.");
