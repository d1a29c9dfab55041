using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Primitives;

namespace NclueGateway.Sandbox.Nclue;

/// <summary>
/// NCLUE's list of task runs behind the NCP API gateway on 127.0.0.1, as far as it is documented or was observed. It
/// verifies every request with its own code, limits the caller to one request a second, logs each arrival, and can
/// simulate faults (<see cref="Fault"/>).
/// </summary>
/// <remarks>
/// The account can be changed while requests are served. NCLUE's order of checks is unknown; this one is assumed: path
/// and method, signature, rate, query. Every request counts towards the rate, rejected ones too. <c>/_faults</c> is
/// neither signed nor counted.
/// </remarks>
internal sealed class SimulatedNclue : IAsyncDisposable
{
    /// <summary>
    /// Minimum time between two arrivals: "1 tps or less" (<c>api.ncloud-docs.com/docs/nclue-api-overview</c>).
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly IPAddress _listen;
    private readonly FaultSwitch _faults = new();
    private readonly ConcurrentDictionary<string, string> _keys;
    private ArrivalLog _arrivals;
    private WebApplication? _app;
    private CancellationTokenSource _listening = new();
    private Socket? _portHolder;
    private TimeSpan _handshakeDelay;

    private SimulatedNclue(SimulatedNclueOptions options)
    {
        _time = options.TimeProvider;
        _listen = options.Listen;
        _arrivals = new(_time);
        _keys = new(options.Keys);
        Runs = new(options);
        TotalCounts = options.TotalCounts;
        IndexUnit = options.IndexUnit;
        Strict = options.Strict;
        Certificate = options.UseHttps ? SelfSignedCertificate.Create() : null;
    }

    /// <summary>Address of the API; ends in <c>/api/v1/</c>.</summary>
    public Uri BaseAddress { get; private set; } = null!;

    /// <summary>The address of the faults endpoint.</summary>
    public Uri FaultsAddress => new(BaseAddress, FaultEndpoint.Path);

    /// <summary>Certificate that a client has to trust; null over http.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>Secret keys by access key.</summary>
    public IDictionary<string, string> Keys => _keys;

    public SimulatedRuns Runs { get; }

    /// <summary>JSON objects to send in place of <see cref="Runs"/>, for lists that the simulation does not make; null for none.</summary>
    public IReadOnlyList<string>? Rows { get; set; }

    public TotalCounts TotalCounts { get; set; }

    public SimulatedIndexUnit IndexUnit { get; set; }

    public bool Strict { get; set; }

    public TimeSpan Delay { get; set; }

    /// <summary>
    /// Offset of the simulator's clock in the check of timestamps and in <c>Date</c>. It does not affect the runs.
    /// </summary>
    public TimeSpan ClockOffset { get; set; }

    /// <summary>Fault in force; null for none.</summary>
    public Fault? Fault
    {
        get => _faults.Current;
        set => _faults.Current = value;
    }

    /// <summary>A copy of the arrivals so far.</summary>
    public IReadOnlyList<Arrival> Arrivals => _arrivals.Snapshot();

    public static async Task<SimulatedNclue> StartAsync(SimulatedNclueOptions options, CancellationToken cancellationToken)
    {
        var nclue = new SimulatedNclue(options);
        try
        {
            await nclue.ListenAsync(options.Port, cancellationToken);
            await WarmUp.RunAsync(nclue, options.TimeProvider, cancellationToken);
            nclue.BeginInEarnest(options);
            return nclue;
        }
        catch
        {
            await nclue.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Waits until at least <paramref name="count"/> requests have arrived, including those without a response yet.
    /// </summary>
    /// <exception cref="TimeoutException">They did not arrive within two minutes of the real clock.</exception>
    public Task<IReadOnlyList<Arrival>> WaitForArrivalsAsync(int count, CancellationToken cancellationToken) =>
        _arrivals.WaitAsync(count, cancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System, cancellationToken);

    /// <summary>
    /// Aborts requests in flight and stops listening. Connections are refused, and the port stays reserved.
    /// </summary>
    public async Task PauseAsync(CancellationToken cancellationToken)
    {
        if (_app is not null)
        {
            await StopListeningAsync(cancellationToken);

            // Bound, but not listening: the operating system refuses connections.
            _portHolder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _portHolder.Bind(new IPEndPoint(_listen, BaseAddress.Port));
        }
    }

    /// <summary>Listens again on the same port.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        if (_app is null)
        {
            _portHolder?.Dispose();
            _portHolder = null;
            await ListenAsync(BaseAddress.Port, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync(CancellationToken.None);
        _portHolder?.Dispose();
        _listening.Dispose();
        Certificate?.Dispose();
    }

    /// <summary>
    /// Discards the warm-up's arrivals and applies the configured delays, which the warm-up did not have.
    /// </summary>
    private void BeginInEarnest(SimulatedNclueOptions options)
    {
        _arrivals = new(_time);
        Delay = options.Delay;
        _handshakeDelay = options.TlsHandshakeDelay;
    }

    private async Task ListenAsync(int port, CancellationToken cancellationToken)
    {
        _listening.Dispose();
        _listening = new CancellationTokenSource();
        var app = LoopbackHost.CreateBuilder(port, ConfigureConnections, _listen).Build();
        app.Run(HandleAsync);
        _app = app;
        await app.StartAsync(cancellationToken);
        BaseAddress = new Uri(LoopbackHost.AddressOf(app), "/api/v1/");
    }

    private async Task StopListeningAsync(CancellationToken cancellationToken)
    {
        if (_app is { } app)
        {
            _app = null;
            await _listening.CancelAsync();
            await app.StopAsync(cancellationToken);
            await app.DisposeAsync();
        }
    }

    private void ConfigureConnections(ListenOptions listen)
    {
        listen.Use(ConnectionEnd.Use);
        if (Certificate is not null)
        {
            listen.Use(DelayHandshake);
            listen.UseHttps(Certificate);
        }

        listen.Use(next => ArrivalStamp.Use(next, _time));
    }

    private ConnectionDelegate DelayHandshake(ConnectionDelegate next) => async connection =>
    {
        await WaitAsync(_handshakeDelay, _listening.Token);
        await next(connection);
    };

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path == FaultEndpoint.Path)
        {
            await FaultEndpoint.HandleAsync(context, _faults);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _listening.Token);
        try
        {
            await HandleAsync(context, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            context.Abort();
        }
    }

    private async Task HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var fault = _faults.Take() ?? new Fault();
        var now = _time.GetUtcNow();
        var clock = now + ClockOffset + fault.Clock;
        var (index, limit) = SimulatedTaskRunList.ReadQuery(context.Request.Query);
        var arrival = TakeIn(context, index, limit);
        var response = Refuse(arrival, clock) is { } refusal
            ? refusal
            : Rows is { } rows ? SimulatedResponse.Success(SimulatedTaskRunList.Write(index!.Value, limit!.Value, rows))
            : SimulatedResponse.Success(SimulatedTaskRunList.Write(index!.Value, limit!.Value, Runs, IndexUnit, TotalCounts, now));

        response = FaultyResponse.Spoil(response, fault);
        arrival = arrival with { Refusal = response.Refusal };
        _arrivals.Update(arrival);
        await WaitAsync(Delay + fault.Delay, cancellationToken);
        if (fault.HangUp)
        {
            await context.Features.GetRequiredFeature<ConnectionEnd>().EndAsync(context.RequestAborted);
            return;
        }

        if (fault.Refuse)
        {
            context.Abort();
            return;
        }

        _arrivals.Update(arrival with { Status = response.Status });
        context.Response.Headers.Date = clock.ToString("R", CultureInfo.InvariantCulture);
        context.Response.Headers["x-ncp-trace-id"] = $"sandbox-{arrival.Sequence:00000000}";
        await FaultyResponse.SendAsync(context, response, fault, _time, cancellationToken);
    }

    /// <summary>Returns the response that rejects a request, or null.</summary>
    private SimulatedResponse? Refuse(Arrival arrival, DateTimeOffset clock) =>
        arrival.Method != "GET" || arrival.Target.Split('?')[0] != SimulatedTaskRunList.Path ? SimulatedResponse.NotFound()
        : SignatureCheck.Check(arrival, _keys, clock) is { } mistake ? SimulatedResponse.NotAuthentic(mistake)
        : Strict && arrival.SincePrevious < Interval ? SimulatedResponse.Throttled()
        : arrival.Index is null || arrival.Limit is null ? SimulatedResponse.BadRequest("index or limit is out of range.")
        : null;

    private Arrival TakeIn(HttpContext context, long? index, int? limit)
    {
        var stamp = context.Features.GetRequiredFeature<ArrivalStamp>();
        return _arrivals.Add(new Arrival
        {
            Sequence = 0,
            SincePrevious = null,
            Timestamp = stamp.Timestamp,
            At = stamp.At,
            Method = context.Request.Method,
            Target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            Headers = new Dictionary<string, StringValues>(context.Request.Headers, StringComparer.OrdinalIgnoreCase),
            Protocol = context.Request.Protocol,
            ConnectionId = context.Connection.Id,
            Index = index,
            Limit = limit,
        });
    }

    private Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken) =>
        delay > TimeSpan.Zero ? Task.Delay(delay, _time, cancellationToken) : Task.CompletedTask;
}
