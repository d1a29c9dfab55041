using System.Runtime.CompilerServices;
using NclueGateway.Hosting;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>The tests run in the gateway's culture, with any language of the machine.</summary>
internal static class TestCulture
{
    [ModuleInitializer]
    internal static void UseInvariant() => ProcessCulture.UseInvariant();
}
