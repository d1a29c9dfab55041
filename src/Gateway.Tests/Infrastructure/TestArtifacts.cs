namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// Files of tests for inspection: in <c>TestResults</c>, which Git ignores, or in the folder that <c>TEST_ARTIFACTS</c> names.
/// </summary>
internal static class TestArtifacts
{
    /// <summary>Returns the path of a file with that name, and creates its folder.</summary>
    public static string PathOf(string name)
    {
        var folder = Environment.GetEnvironmentVariable("TEST_ARTIFACTS") is { Length: > 0 } given
            ? given
            : Path.Combine(Repository.Root, "TestResults");
        return Path.Combine(Directory.CreateDirectory(folder).FullName, name);
    }
}
