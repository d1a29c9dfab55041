namespace NclueGateway.Console;

/// <summary>The settings under <c>Console</c>: the pages for people.</summary>
internal sealed class ConsoleOptions
{
    public const string Section = "Console";

    /// <value>True to serve the pages at <c>/console</c>, for visitors with a browser session. Default true.</value>
    public bool Enabled { get; set; } = true;
}
