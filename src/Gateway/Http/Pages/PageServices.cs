using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace NclueGateway.Http.Pages;

/// <summary>
/// The services of the renderer. They are created for the first page, so that neither the start nor the memory of a gateway that serves
/// only its API pays for them.
/// </summary>
/// <param name="app">The services of the gateway.</param>
internal sealed class PageServices(IServiceProvider app) : IAsyncDisposable
{
    private readonly Lazy<ServiceProvider> _services = new(() => Create(app));

    /// <summary>Creates the services of one page.</summary>
    public AsyncServiceScope CreateScope() => _services.Value.CreateAsyncScope();

    public ValueTask DisposeAsync() => _services.IsValueCreated ? _services.Value.DisposeAsync() : ValueTask.CompletedTask;

    private static ServiceProvider Create(IServiceProvider app)
    {
        var services = new ServiceCollection();
        services.TryAddSingleton(app.GetRequiredService<ILoggerFactory>());
        services.TryAddSingleton(app.GetRequiredService<IConfiguration>());
        services.TryAddSingleton(app.GetRequiredService<IWebHostEnvironment>());
        services.TryAddSingleton<IHostEnvironment>(provider => provider.GetRequiredService<IWebHostEnvironment>());
        services.AddLocalization();
        services.AddRazorComponents();
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All)); // otherwise each Hangul syllable takes eight bytes
        if (app.GetService<PageHome>() is { } home)
        {
            services.AddSingleton(home);
        }

        return services.BuildServiceProvider();
    }
}
