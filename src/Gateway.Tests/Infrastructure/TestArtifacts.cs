namespace NclueGateway.Tests.Infrastructure;

/// <summary>What tests leave behind for people to look at: in <c>TestResults</c>, which Git ignores, or in the folder that <c>TEST_ARTIFACTS</c> names.</summary>
internal static class TestArtifacts
{
    /// <summary>Where a file of that name belongs; its folder exists.</summary>
    public static string PathOf(string name)
    {
        var folder = Environment.GetEnvironmentVariable("TEST_ARTIFACTS") is { Length: > 0 } given ? given : Path.Combine(Repository.Root, "TestResults");
        return Path.Combine(Directory.CreateDirectory(folder).FullName, name);
    }
}
