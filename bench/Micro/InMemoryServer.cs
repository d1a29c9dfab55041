using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace NclueGateway.Micro;

/// <summary>
/// A server without a network. It has one connection; the thread that sends a request runs the application.
/// </summary>
internal sealed class InMemoryServer : IServer
{
    private InMemoryConnection? _connection;

    public IFeatureCollection Features { get; } = new FeatureCollection();

    /// <summary>The connection; available once the application has started.</summary>
    public InMemoryConnection Connection => _connection ?? throw new InvalidOperationException("The application has not started.");

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        _connection = new InMemoryConnection<TContext>(application);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        // There is nothing to dispose of.
    }
}
