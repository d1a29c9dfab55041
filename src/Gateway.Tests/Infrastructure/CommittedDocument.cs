using System.Runtime.CompilerServices;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>A committed file that is generated from the code, so that diffs show its changes.</summary>
internal static class CommittedDocument
{
    private const string Update = "UPDATE_DOCUMENTS";

    /// <summary>True if committed files are being regenerated and cannot be compared.</summary>
    public static bool IsUpdating { get; } = Environment.GetEnvironmentVariable(Update) == "1";

    /// <summary>Checks that the committed file has this content, or writes it with <c>UPDATE_DOCUMENTS=1</c>.</summary>
    /// <param name="content">The content by the code.</param>
    /// <param name="path">The path of the file, from the root of the repository.</param>
    /// <param name="test">The file of the calling test: its name is that of the class.</param>
    public static async Task ShouldBeCommittedAsync(string content, string path, [CallerFilePath] string test = "")
    {
        var file = Path.Combine([Repository.Root, .. path.Split('/')]);
        if (IsUpdating)
        {
            await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        }

        var committed = File.Exists(file) ? await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) : "";
        if (committed != content)
        {
            var (old, generated) = (committed.Split('\n'), content.Split('\n'));
            var same = old.Zip(generated).TakeWhile(lines => lines.First == lines.Second).Count();
            Assert.Fail(
                $"{path} differs from the generated text from line {same + 1} on: {generated.ElementAtOrDefault(same) ?? "its end"}\n"
                + $"To update it: {Update}=1 ./test.sh -class \"*{Path.GetFileNameWithoutExtension(test)}\", and commit it.");
        }
    }
}
