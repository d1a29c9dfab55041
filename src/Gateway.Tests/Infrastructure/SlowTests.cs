namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// Tests that use the real clock have the trait Needs = RealTime. Others that start a process or a browser have Needs = Processes.
/// <c>./test.sh fast</c> leaves both out.
/// </summary>
internal static class SlowTests
{
    /// <summary>Fails a test that uses such a resource without the trait.</summary>
    public static void ShouldSayWhatTheyNeed()
    {
        var context = TestContext.Current;
        (context.Test?.Traits ?? context.TestClass?.Traits)?.ShouldContainKey("Needs", "A slow test needs a trait, see SlowTests.");
    }
}
