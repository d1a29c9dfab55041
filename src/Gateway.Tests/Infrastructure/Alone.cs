namespace NclueGateway.Tests.Infrastructure;

/// <summary>Tests that run while no other test does: they listen to the whole process, or use all processors.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;
