using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Conventions;

/// <summary>A reference from a source file in one folder to a type or member that is declared in another folder.</summary>
internal sealed record TypeReference(string FromFolder, string ToFolder, string Description);

/// <summary>
/// The references between the folders of src/Gateway, from the compiler's semantic model: constants count, using
/// directives do not.
/// </summary>
internal static class TypeReferences
{
    private static readonly Lazy<IReadOnlyList<TypeReference>> Found = new(Find);

    public static IReadOnlyList<TypeReference> All => Found.Value;

    public static string SourceFolder { get; } = Path.Combine(Repository.Root, "src", "Gateway");

    /// <summary>Returns the files of src/Gateway, or of one of its folders.</summary>
    public static IEnumerable<string> Files(string folder = "") =>
        Directory.EnumerateFiles(Path.Combine(SourceFolder, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => FolderOf(file).Split('/')[0] is not ("bin" or "obj"));

    /// <summary>Returns all names in the code of a folder; comments do not count.</summary>
    public static IEnumerable<string> NamesIn(string folder) =>
        Files(folder)
            .Select(Parse)
            .SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            .Select(name => name.Identifier.Text);

    private static SyntaxTree Parse(string file) => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file);

    private static List<TypeReference> Find()
    {
        var trees = Files().Select(Parse).ToList();
        var assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) != "Gateway.dll");
        var compilation = CSharpCompilation.Create(
            "Gateway",
            [.. trees, CSharpSyntaxTree.ParseText(ImplicitUsings)],
            assemblies.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication));
        return [.. trees.SelectMany(tree => ReferencesOf(tree, compilation.GetSemanticModel(tree))).Distinct()];
    }

    private static IEnumerable<TypeReference> ReferencesOf(SyntaxTree tree, SemanticModel model)
    {
        var folder = FolderOf(tree.FilePath);
        foreach (var name in tree.GetRoot().DescendantNodes(node => node is not UsingDirectiveSyntax).OfType<SimpleNameSyntax>())
        {
            var info = model.GetSymbolInfo(name);
            var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
            var type = symbol as INamedTypeSymbol ?? symbol?.ContainingType;
            var declaration = type?.OriginalDefinition.Locations.FirstOrDefault(location => location.IsInSource)?.SourceTree?.FilePath;
            if (string.IsNullOrEmpty(declaration) || FolderOf(declaration) == folder)
            {
                continue;
            }

            yield return new(folder, FolderOf(declaration), $"{Path.GetFileName(tree.FilePath)} uses {type!.Name}");
        }
    }

    private static string FolderOf(string file) =>
        Path.GetRelativePath(SourceFolder, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '/');

    private const string ImplicitUsings = """
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;
}
