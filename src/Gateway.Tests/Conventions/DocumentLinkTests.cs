using System.IO.Enumeration;
using System.Text.RegularExpressions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Conventions;

/// <summary>Links of all Markdown documents to files of the repository and to headings.</summary>
public sealed class DocumentLinkTests
{
    public static TheoryData<string> Documents => [.. Find().Select(path => Path.GetRelativePath(Repository.Root, path))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_link_leads_to_a_file_or_a_heading_that_exists(string document)
    {
        var path = Path.Combine(Repository.Root, document);

        var dead = Regex.Matches(Prose(path), @"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?\)")
            .Where(link => !Exists(path, link.Groups[1].Value, link.Groups[2].Value))
            .Select(link => link.Value);

        dead.ShouldBeEmpty();
    }

    [Fact]
    public void The_documents_are_those_of_all_folders() =>
        new[] { "README.md", "docs/request-path.md", "docs/adr/README.md", "bench/RESULTS.md", "clients/csharp/README.md" }
            .ShouldBeSubsetOf(Find().Select(path => Path.GetRelativePath(Repository.Root, path)));

    private static bool Exists(string from, string file, string heading)
    {
        var target = file.Length == 0 ? from : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(from)!, file));
        return heading.Length == 0 || Path.GetExtension(target) != ".md"
            ? Path.Exists(target)
            : File.Exists(target) && Headings(target).Contains(heading);
    }

    /// <summary>Returns the anchors of headings as GitHub makes them. A heading that is repeated gets a number.</summary>
    private static HashSet<string> Headings(string path) =>
        [.. Regex.Matches(Prose(path), @"(?<=^#{1,6} +)\S.*$", RegexOptions.Multiline)
            .Select(heading => heading.Value.Trim().ToLowerInvariant())
            .Select(heading => Regex.Replace(heading, @"[^\p{L}\p{N}\p{M} _-]", "").Replace(' ', '-'))
            .GroupBy(anchor => anchor)
            .SelectMany(same => same.Select((anchor, i) => i == 0 ? anchor : $"{anchor}-{i}"))];

    /// <summary>Returns a document without its blocks of code.</summary>
    private static string Prose(string path) => Regex.Replace(File.ReadAllText(path), @"```[\s\S]*?```", "");

    private static FileSystemEnumerable<string> Find() => new(
        Repository.Root,
        (ref FileSystemEntry entry) => entry.ToFullPath(),
        new EnumerationOptions { RecurseSubdirectories = true })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => Path.GetExtension(entry.FileName) is ".md",
        ShouldRecursePredicate = (ref FileSystemEntry entry) =>
            entry.FileName is not ("node_modules" or "bin" or "obj" or "TestResults"),
    };
}
