using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The key ring as a list in Redis, in the format of the framework's <c>RedisXmlRepository</c>. That class rejects the
/// whole list if one entry is not XML, and the framework rejects the whole ring if a revocation is incomplete. This
/// class skips such entries, and entries that are too long to be a key.
/// </summary>
internal sealed class StoredKeys(RedisConnection connection, UnreadableValues unreadable, string key) : IXmlRepository
{
    /// <summary>
    /// Maximum length of an entry in bytes: five times that of a key with its certificate. It limits the depth of
    /// nested elements, because <see cref="XElement"/> copies them, and the framework decrypts them, by recursion.
    /// </summary>
    public const int MaxEntryLength = 16 * 1024;

    /// <summary>
    /// Maximum number of entries that are read, the latest. A key is added every 90 days, and once by each replica when Redis
    /// comes back empty.
    /// </summary>
    public const int MaxEntries = 1_000;

    private static readonly XmlReaderSettings Plain = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = new List<XElement>();
        foreach (var entry in Entries())
        {
            if (Read(entry) is { } element && IsComplete(element))
            {
                elements.Add(element);
            }
            else
            {
                unreadable.Warn("the key ring");
            }
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        var text = element.ToString(SaveOptions.DisableFormatting);
        try
        {
            Database().ListRightPush(key, text);
        }
        catch (RedisServerException other) when (UntrustedCache.IsUnreadable(other))
        {
            Database().KeyDelete(key); // not a list, so it contains no keys
            Database().ListRightPush(key, text);
        }
    }

    private RedisValue[] Entries()
    {
        try
        {
            var entries = Database().ListRange(key, -MaxEntries - 1);
            if (entries.Length <= MaxEntries)
            {
                return entries;
            }

            unreadable.Warn("the key ring");
            return entries[^MaxEntries..];
        }
        catch (RedisServerException other) when (UntrustedCache.IsUnreadable(other))
        {
            unreadable.Warn("the key ring");
            return [];
        }
    }

    private IDatabase Database() => connection.GetAsync().GetAwaiter().GetResult().GetDatabase();

    private static XElement? Read(RedisValue entry)
    {
        if (entry.Length() > MaxEntryLength)
        {
            return null;
        }

        try
        {
            using var text = new StringReader(entry.ToString());
            using var reader = XmlReader.Create(text, Plain);
            return XElement.Load(reader);
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>Returns true if the framework can read the identity and the times of a key or revocation.</summary>
    private static bool IsComplete(XElement element) => element.Name.ToString() switch
    {
        "key" => Guid.TryParse((string?)element.Attribute("id"), out _)
            && IsTime(element.Element("creationDate"))
            && IsTime(element.Element("activationDate"))
            && IsTime(element.Element("expirationDate")),
        "revocation" => (string?)element.Element("key")?.Attribute("id") is { } id
            && (id == "*" ? IsTime(element.Element("revocationDate")) : Guid.TryParseExact(id, "D", out _)),
        _ => false,
    };

    private static bool IsTime(XElement? element)
    {
        try
        {
            return (DateTimeOffset?)element is not null;
        }
        catch (Exception notATime) when (notATime is FormatException or ArgumentException or OverflowException)
        {
            return false; // includes a time that lies outside of the years 1 to 9999 in UTC
        }
    }
}
