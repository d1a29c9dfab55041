using System.Runtime.CompilerServices;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>A file of the repository that the code could write itself, and that is committed so that people and diffs see it.</summary>
internal static class CommittedDocument
{
    private const string Update = "UPDATE_DOCUMENTS";

    /// <summary>Whether committed files are written, and so are not yet anything to compare with.</summary>
    public static bool IsUpdating { get; } = Environment.GetEnvironmentVariable(Update) == "1";

    /// <summary>Checks that the committed file is this, or makes it so where <c>UPDATE_DOCUMENTS=1</c> says so.</summary>
    /// <param name="content">What the code makes now.</param>
    /// <param name="path">Where it is committed, from the root of the repository.</param>
    /// <param name="test">The file of the test that asks: its name is that of the class.</param>
    public static async Task ShouldBeCommittedAsync(string content, string path, [CallerFilePath] string test = "")
    {
        var file = Path.Combine([Repository.Root, .. path.Split('/')]);
        if (IsUpdating)
        {
            await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        }

        var committed = File.Exists(file) ? await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) : "";
        committed.ShouldBe(
            content,
            $"{path} is not what the code makes. To write it anew: {Update}=1 ./test.sh -class \"*{Path.GetFileNameWithoutExtension(test)}\", and commit it.");
    }
}
