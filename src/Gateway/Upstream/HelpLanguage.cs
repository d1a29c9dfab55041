namespace NclueGateway.Upstream;

/// <summary>The language of the NCP guide pages that a failed run's <c>help</c> points to (<c>Nclue:HelpLanguage</c>).</summary>
internal enum HelpLanguage
{
    /// <summary>Korean, the language the guide is written in.</summary>
    Ko,

    /// <summary>English.</summary>
    En,
}
