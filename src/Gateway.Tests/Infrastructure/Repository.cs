namespace NclueGateway.Tests.Infrastructure;

/// <summary>The checkout that the tests were built in, for files that are compared with what the code says.</summary>
internal static class Repository
{
    private const string Update = "UPDATE_DOCUMENTS";

    public static string Root { get; } = FindRoot();

    /// <summary>Whether committed files are written, and so are not yet anything to compare with.</summary>
    public static bool IsUpdating { get; } = Environment.GetEnvironmentVariable(Update) == "1";

    /// <summary>
    /// Compares a committed file with what it has to hold. With the environment variable <c>UPDATE_DOCUMENTS=1</c> it is written instead.
    /// </summary>
    /// <param name="path">The path from the root of the repository.</param>
    /// <param name="expected">All of its text.</param>
    /// <param name="test">The class that compares, for the message that says how to update the file.</param>
    public static void ShouldHold(string path, string expected, Type test)
    {
        var file = Path.Combine(Root, path);
        if (IsUpdating)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, expected);
        }

        File.ReadAllText(file).ShouldBe(expected, $"{path} is out of date. To update it: {Update}=1 ./test.sh -class {test.FullName}; then read the difference.");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "NclueGateway.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests run outside of the repository.");
        }

        return folder.FullName;
    }
}
