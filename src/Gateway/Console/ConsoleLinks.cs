namespace NclueGateway.Console;

/// <summary>The addresses of the console's pages, below the path base.</summary>
/// <param name="pathBase">The encoded path base.</param>
internal sealed class ConsoleLinks(string pathBase)
{
    /// <summary>The path of the board.</summary>
    public const string Path = "/console";

    public const string RunsPath = Path + "/runs";
    public const string GatewayPath = Path + "/gateway";
    public const string SignOutPath = Path + "/sign-out";
    public const string SignedOutPath = Path + "/signed-out";

    public static ConsoleLinks Of(HttpContext context) => new(context.Request.PathBase.ToUriComponent());

    /// <summary>Returns the address of the board with a query string.</summary>
    public string Board(string query) => pathBase + Path + query;

    /// <summary>Returns the address of a run.</summary>
    public string Run(string id) => $"{pathBase}{RunsPath}/{Uri.EscapeDataString(id)}";

    /// <summary>Returns the address of any page.</summary>
    public string To(string path) => pathBase + path;

    /// <summary>Returns a name that filters the board by an id.</summary>
    public NameLink Filter(BoardQuery query, string parameter, string? id, string? name) =>
        new(name ?? id, id is null ? null : Board(query.With((parameter, id))));
}
