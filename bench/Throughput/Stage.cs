using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using NclueGateway.Harness;
using NclueGateway.Sandbox.Identity;

namespace NclueGateway.Throughput;

/// <summary>One measurement of a round.</summary>
/// <param name="Name">What the results call it.</param>
/// <param name="Contender">Who is asked.</param>
/// <param name="Tag">The ETag that is asked with; null for the whole page.</param>
internal sealed record Turn(string Name, Contender Contender, string? Tag = null);

/// <summary>All contenders, each in a process of its own, and what they need: an identity provider, and a simulated NCLUE for each gateway.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Stack<IAsyncDisposable> _started = new();
    private Surroundings _around = null!;

    private Stage(string folder) => _folder = folder;

    /// <summary>Kestrel alone: what the others are compared with, and what c, d and e keep copies of.</summary>
    public Turn Floor { get; private set; } = null!;

    public Turn Audited { get; private set; } = null!;

    public Turn Plain { get; private set; } = null!;

    public Turn NotModified { get; private set; } = null!;

    public Turn Cached { get; private set; } = null!;

    public Turn Nginx { get; private set; } = null!;

    public Turn NginxWithTokens { get; private set; } = null!;

    /// <summary>In the order in which they take turns.</summary>
    public IReadOnlyList<Turn> Turns => [Floor, Audited, Plain, NotModified, Cached, Nginx, NginxWithTokens];

    /// <summary>A file with an access token of each caller.</summary>
    public string Tokens => _around.TokensFile;

    private string Audit => Path.Combine(_folder, "audit.json");

    /// <param name="published">Where the programs are, each in a folder of its name.</param>
    /// <param name="modules">Where nginx keeps its modules.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="callers">How many of them read.</param>
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

    /// <summary>Empties the file of the audit, which would fill the disk.</summary>
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
        port = Contender.FreePort();
        Cached = new("c. YARP + JwtBearer + output caching", Started(await Contender.StartAsync("c", port, tokens[0], true, Program("Cached"), new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
            ["Authority"] = identity.Authority.AbsoluteUri,
            ["Audience"] = LocalIdentityProvider.Audience,
            ["Origin"] = $"http://127.0.0.1:{origin}",
        })));
        Nginx = new("d. nginx `proxy_cache`, no authentication", await StartNginxAsync("d", "nginx.conf", false));
        NginxWithTokens = new("e. nginx `proxy_cache`, RS256 in njs", await StartNginxAsync("e", "nginx-token.conf", true));

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

        async Task<Contender> StartNginxAsync(string name, string configuration, bool checksTokens)
        {
            var (at, itsFolder) = (Contender.FreePort(), Directory.CreateDirectory(Path.Combine(_folder, name)).FullName);
            foreach (var file in new[] { configuration, "token.js" })
            {
                var text = (await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, file)))
                    .Replace("{folder}", itsFolder, StringComparison.Ordinal)
                    .Replace("{modules}", modules, StringComparison.Ordinal)
                    .Replace("{origin}", Text(origin), StringComparison.Ordinal)
                    .Replace("{port}", Text(at), StringComparison.Ordinal)
                    .Replace("{key}", Convert.ToBase64String(_around.Options.SigningKey.Rsa.ExportSubjectPublicKeyInfo()), StringComparison.Ordinal)
                    .Replace("{issuer}", identity.Authority.AbsoluteUri, StringComparison.Ordinal)
                    .Replace("{audience}", LocalIdentityProvider.Audience, StringComparison.Ordinal)
                    .Replace("{scope}", LocalIdentityProvider.ReadScope, StringComparison.Ordinal);
                await File.WriteAllTextAsync(Path.Combine(itsFolder, file), text);
            }

            return Started(await Contender.StartAsync(
                name, at, tokens[0], checksTokens, ["nginx", "-p", itsFolder, "-c", Path.Combine(itsFolder, configuration), "-e", "stderr"]));
        }
    }

    /// <summary>The page as the gateway answers it from memory: its tag, its bytes, and the headers that are its own.</summary>
    private static async Task<(string Tag, byte[] Body, IReadOnlyList<string> Headers)> ReadPageAsync(Uri address, string token)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        using var answer = await client.SendAsync(request);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new InvalidOperationException($"The gateway answers {answer}");
        }

        var headers = answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
            .Where(header => header.Key is not ("Date" or "Content-Length" or "Connection")).SelectMany(header => header.Value.Select(value => $"{header.Key}: {value}"));
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
