using NclueGateway.Budget;
using NclueGateway.Sandbox.Frontend;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using static NclueGateway.Tests.Replicas.Browsers;

namespace NclueGateway.Tests.Replicas;

/// <summary>Two replicas on one real Redis. The clock of both is the test's.</summary>
public abstract class SharedSessionsHost : IAsyncLifetime
{
    private static readonly string Certificate = CreateCertificate(TimeProvider.System.GetUtcNow().AddDays(1));

    private RedisServer? _redis;
    private SampleFrontend? _frontend;
    private GatewayHost? _one;
    private GatewayHost? _two;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Id of the newest session at the provider (<c>sid</c>).</summary>
    private protected string Sid { get; private set; } = "";

    private protected RedisServer Redis => _redis!;

    private protected SampleFrontend Frontend => _frontend!;

    private protected GatewayHost One => _one!;

    private protected GatewayHost Two => _two!;

    private protected Dictionary<string, string?> Settings { get; } = SessionHost.Settings(
        ("Nclue:ReplicaCount", "2"), ("Auth:Session:DataProtectionCertificate", Certificate));

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _frontend = await SampleFrontend.StartAsync(0, Ct);
        Settings["ConnectionStrings:Redis"] = Redis.Address;
        Settings["Auth:AllowedOrigins:0"] = _frontend.Address.GetLeftPart(UriPartial.Authority);
        _one = await GatewayHost.StartAsync(settings: Settings, environment: "Development", provider: issuer =>
            issuer.SignIn.ChangeIdToken = token => Sid = (string)token.Claims["sid"]!);
        _two = await StartAnotherAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Two.DisposeAsync();
        await One.DisposeAsync();
        await Redis.DisposeAsync();
        await _frontend!.DisposeAsync();
    }

    private protected Task<GatewayHost> StartAnotherAsync() => One.StartReplicaAsync(Settings, One.Clock, environment: "Development");

    private protected string LogoutToken() => One.Issuer.SignIn.IssueLogoutToken(Sid, token => token.Claims.Remove("sub"));
}
