namespace NclueGateway.Tests.Conventions;

/// <summary>The layout of src/Gateway: each folder is a room, and dependencies between rooms have one direction.</summary>
public sealed class RoomTests
{
    /// <summary>
    /// All rooms; each may use those that follow it in this list. The composition (the files beside the rooms) may use
    /// all of them.
    /// </summary>
    private static readonly string[] Rooms =
    [
        "Check", "Console", "TaskRuns", "Mirror", "Upstream", "Access", "Observability", "Http", "Redis", "Configuration", "Hosting",
        "Time",
    ];

    [Fact]
    public void Every_folder_is_a_room() =>
        Directory.GetDirectories(TypeReferences.SourceFolder)
            .Select(Path.GetFileName)
            .Except(["bin", "obj"])
            .ShouldBe(Rooms, ignoreOrder: true);

    [Fact]
    public void Rooms_depend_on_each_other_in_one_direction() =>
        TypeReferences.All
            .Where(reference => Place(reference.ToFolder) < Place(reference.FromFolder))
            .Select(reference => $"{reference.FromFolder} → {reference.ToFolder}: {reference.Description}")
            .ShouldBeEmpty();

    [Fact]
    public void No_folder_is_in_a_cycle()
    {
        var uses = TypeReferences.All.ToLookup(reference => reference.FromFolder, reference => reference.ToFolder);
        foreach (var folder in uses.Select(group => group.Key))
        {
            ReachableFrom(folder).ShouldNotContain(folder, $"{folder} is in a cycle");
        }

        HashSet<string> ReachableFrom(string start)
        {
            HashSet<string> reached = [];
            var open = new Queue<string>(uses[start]);
            while (open.TryDequeue(out var folder))
            {
                if (reached.Add(folder))
                {
                    uses[folder].ToList().ForEach(open.Enqueue);
                }
            }

            return reached;
        }
    }

    [Fact]
    public void The_mirror_knows_no_request() =>
        TypeReferences.NamesIn("Mirror").ShouldNotContain("HttpContext");

    /// <summary>The composition comes first: no room may use it.</summary>
    private static int Place(string folder) => folder == "." ? -1 : Array.IndexOf(Rooms, folder.Split('/')[0]);
}
