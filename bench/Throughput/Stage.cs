using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Harness;
using NclueGateway.Sandbox.Identity;

namespace NclueGateway.Throughput;

/// <summary>One measurement of a round.</summary>
/// <param name="Name">Name in the results.</param>
/// <param name="Contender">Server that gets the requests.</param>
/// <param name="Tag">Value of If-None-Match; null to get the whole page.</param>
internal sealed record Turn(string Name, Contender Contender, string? Tag = null);

/// <summary>
/// All contenders, each in its own process, and the services that they need: an identity provider, and a simulated
/// NCLUE for each gateway.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Stack<IAsyncDisposable> _started = new();
    private Surroundings _around = null!;

    private Stage(string folder) => _folder = folder;

    /// <summary>Kestrel alone: the baseline, and the origin whose response the others cache.</summary>
    public Turn Floor { get; private set; } = null!;

    public Turn Audited { get; private set; } = null!;

    public Turn Plain { get; private set; } = null!;

    public Turn NotModified { get; private set; } = null!;

    public Turn Cached { get; private set; } = null!;

    public Turn Fusion { get; private set; } = null!;

    public Turn Nginx { get; private set; } = null!;

    public Turn NginxWithTokens { get; private set; } = null!;

    /// <summary>The measurements in the order in which they take turns.</summary>
    public IReadOnlyList<Turn> Turns => [Floor, Audited, Plain, NotModified, Cached, Fusion, Nginx, NginxWithTokens];

    /// <summary>File with one access token per caller.</summary>
    public string Tokens => _around.TokensFile;

    private string Audit => Path.Combine(_folder, "audit.json");

    /// <summary>Starts all contenders.</summary>
    /// <param name="published">Folder of the programs, each in a folder with its name.</param>
    /// <param name="modules">Folder of nginx's modules.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="callers">Number of callers.</param>
    public static async Task<Stage> StartAsync(string published, string modules, string folder, int callers)
    {
        var stage = new Stage(folder);
        try
        {
            await stage.RaiseAsync(published, modules, callers);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Empties the audit's file, which would fill the disk.</summary>
    public void ForgetAudit()
    {
        using var audit = new FileStream(Audit, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        audit.SetLength(0); // the gateway appends
    }

    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var last))
        {
            await last.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task RaiseAsync(string published, string modules, int callers)
    {
        _around = Started(await Surroundings.StartAsync(_folder, callers));
        var (identity, tokens) = (_around.Identity, _around.Tokens);

        var audited = await StartGatewayAsync("b, audit to a file", Audit);
        var plain = await StartGatewayAsync("b, audit off", null, GatewayEnvironment.AuditOff);
        var (tag, body, headers) = await ReadPageAsync(plain.Address, tokens[0]);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "page"), body);
        await File.WriteAllLinesAsync(Path.Combine(_folder, "headers"), headers);

        var port = Contender.FreePort();
        Floor = new("a. bare Kestrel, the same bytes", Started(await Contender.StartAsync("a", port, tokens[0], false, [
            .. Program("Floor"), Text(port), Path.Combine(_folder, "page"), Path.Combine(_folder, "headers")])));
        Audited = new("b. gateway, audit to a file, 200", audited);
        Plain = new("b. gateway, audit off, 200", plain);
        NotModified = new("b. gateway, audit off, 304", plain, tag);
        var origin = port;
        Cached = new("c. YARP + JwtBearer + output caching", await StartPeerAsync("c", "Cached"));
        Fusion = new("d. FusionCache + JwtBearer", await StartPeerAsync("d", "Fusion"));
        Nginx = new("e. nginx `proxy_cache`, no authentication", await StartNginxAsync("e", "nginx.conf", false));
        NginxWithTokens = new("f. nginx `proxy_cache`, RS256 in njs", await StartNginxAsync("f", "nginx-token.conf", true));

        string[] Program(string name) => ["dotnet", Path.Combine(published, name, $"{name}.dll")];

        async Task<Contender> StartGatewayAsync(string name, string? output, params KeyValuePair<string, string>[] more)
        {
            var at = Contender.FreePort();
            var environment = _around.EnvironmentOn(at, Started(await GatewayEnvironment.StartNclueAsync()));
            foreach (var (setting, value) in more)
            {
                environment[setting] = value;
            }

            return Started(await Contender.StartAsync(name, at, tokens[0], true, Program("Gateway"), environment, output));
        }

        async Task<Contender> StartPeerAsync(string name, string program)
        {
            var at = Contender.FreePort();
            var settings = new Dictionary<string, string>
            {
                ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{at}",
                ["Authority"] = identity.Authority.AbsoluteUri,
                ["Audience"] = LocalIdentityProvider.Audience,
                ["Origin"] = $"http://127.0.0.1:{origin}",
            };
            return Started(await Contender.StartAsync(name, at, tokens[0], true, Program(program), settings));
        }

        async Task<Contender> StartNginxAsync(string name, string configuration, bool checksTokens)
        {
            var (at, itsFolder) = (Contender.FreePort(), Directory.CreateDirectory(Path.Combine(_folder, name)).FullName);
            var key = Convert.ToBase64String(_around.Options.SigningKey.Rsa.ExportSubjectPublicKeyInfo());
            foreach (var file in new[] { configuration, "token.js" })
            {
                var text = (await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, file)))
                    .Replace("{folder}", itsFolder, StringComparison.Ordinal)
                    .Replace("{modules}", modules, StringComparison.Ordinal)
                    .Replace("{origin}", Text(origin), StringComparison.Ordinal)
                    .Replace("{port}", Text(at), StringComparison.Ordinal)
                    .Replace("{key}", key, StringComparison.Ordinal)
                    .Replace("{issuer}", identity.Authority.AbsoluteUri, StringComparison.Ordinal)
                    .Replace("{audience}", LocalIdentityProvider.Audience, StringComparison.Ordinal)
                    .Replace("{scope}", LocalIdentityProvider.ReadScope, StringComparison.Ordinal);
                await File.WriteAllTextAsync(Path.Combine(itsFolder, file), text);
            }

            string[] command = ["nginx", "-p", itsFolder, "-c", Path.Combine(itsFolder, configuration), "-e", "stderr"];
            return Started(await Contender.StartAsync(name, at, tokens[0], checksTokens, command));
        }
    }

    /// <summary>
    /// Reads the page as the gateway serves it from the cache: its tag, its bytes, and the header fields of the gateway
    /// itself.
    /// </summary>
    private static async Task<(string Tag, byte[] Body, IReadOnlyList<string> Headers)> ReadPageAsync(Uri address, string token)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.SendAsync(request);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new InvalidOperationException($"The gateway responds with {answer}");
        }

        var headers = answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
            .Where(header => header.Key is not ("Date" or "Content-Length" or "Connection"))
            .SelectMany(header => header.Value.Select(value => $"{header.Key}: {value}"));
        return (answer.Headers.ETag!.ToString(), await answer.Content.ReadAsByteArrayAsync(), [.. headers]);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private T Started<T>(T server)
        where T : IAsyncDisposable
    {
        _started.Push(server);
        return server;
    }
}
