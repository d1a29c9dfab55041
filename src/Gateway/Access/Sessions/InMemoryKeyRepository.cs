using System.Collections.Concurrent;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace NclueGateway.Access.Sessions;

/// <summary>Key ring in memory, which is lost when the process exits.</summary>
/// <remarks>
/// Without it the framework would write the keys to the user's home folder, or warn at each start that it cannot.
/// </remarks>
internal sealed class InMemoryKeyRepository : IXmlRepository
{
    private readonly ConcurrentQueue<XElement> _keys = new();

    public IReadOnlyCollection<XElement> GetAllElements() => [.. _keys];

    public void StoreElement(XElement element, string friendlyName) => _keys.Enqueue(element);
}
