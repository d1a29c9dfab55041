namespace NclueGateway.Tests.Infrastructure;

/// <summary>Tests by the real clock run alone: whatever else runs would be measured with them.</summary>
[CollectionDefinition("RealTime", DisableParallelization = true)]
public sealed class RealTime;
