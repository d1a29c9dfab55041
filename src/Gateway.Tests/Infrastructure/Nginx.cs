using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// An nginx with <c>deploy/nginx/nclue-gateway.conf</c>, in which only addresses and the certificate are replaced, or with a site of a
/// test. Its access log contains the replicas that each request was passed to.
/// </summary>
internal sealed class Nginx : IAsyncDisposable
{
    /// <summary>Error message with the remedy when nginx is missing.</summary>
    public const string Missing = "There is no nginx on the path or in /usr/sbin. Install it (Debian: apt-get install nginx).";

    private const string Configuration = "deploy/nginx/nclue-gateway.conf";

    /// <summary>
    /// Ports below those that systems use for outgoing connections. An outgoing connection could otherwise take the
    /// port of a gateway that is restarted.
    /// </summary>
    private static readonly (int From, int To) Ports = (20_000, 32_000);

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nclue-nginx-");
    private readonly int _port = FreePort();
    private readonly string _thumbprint;
    private readonly Process _process;
    private readonly Task<string> _errors;
    private int _connections;

    private Nginx(Func<Nginx, string> site)
    {
        using var certificate = SelfSignedCertificate.Create();
        using var key = certificate.GetECDsaPrivateKey()!;
        _thumbprint = certificate.Thumbprint;
        File.WriteAllText(PathOf("gateway.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf("gateway.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PathOf("gateway.conf"), site(this));
        File.WriteAllText(PathOf("nginx.conf"), $$"""
            daemon off;
            worker_processes 2;
            pid {{PathOf("pid")}};
            events { worker_connections 2048; }
            http {
                log_format given '$status|$upstream_addr|$upstream_status|$request';
                access_log {{PathOf("access.log")}} given;
                client_body_temp_path {{PathOf("body")}};
                proxy_temp_path {{PathOf("proxy")}};
                fastcgi_temp_path {{PathOf("fastcgi")}};
                scgi_temp_path {{PathOf("scgi")}};
                uwsgi_temp_path {{PathOf("uwsgi")}};
                include {{PathOf("gateway.conf")}};
            }
            """);
        _process = Process.Start(new ProcessStartInfo(Find(), ["-p", _folder.FullName, "-c", PathOf("nginx.conf"), "-e", "stderr"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts it in front of gateways on these ports of 127.0.0.1, and waits until it listens.</summary>
    /// <param name="replicas">The ports.</param>
    /// <param name="changes">Texts of the file, and those in place of them.</param>
    /// <exception cref="InvalidOperationException">There is no nginx, or it does not start.</exception>
    public static Task<Nginx> StartAsync(IEnumerable<int> replicas, params (string Text, string InPlace)[] changes) =>
        StartAsync(nginx => nginx.Shipped(replicas, changes));

    /// <summary>Starts it with one server on loopback, without TLS.</summary>
    /// <param name="server">The content of the block <c>server</c>, besides the addresses.</param>
    public static Task<Nginx> StartAsync(string server) =>
        StartAsync(nginx => $"server {{ listen 127.0.0.1:{nginx._port}; {server} }}");

    private static async Task<Nginx> StartAsync(Func<Nginx, string> site)
    {
        var nginx = new Nginx(site);
        for (var attempt = 0; ; attempt++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, nginx._port);
                return nginx;
            }
            catch (SocketException) when (attempt < 400 && !nginx._process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System);
            }
            catch (SocketException refused)
            {
                await nginx.DisposeAsync();
                throw new InvalidOperationException($"nginx did not start: {await nginx._errors}", refused);
            }
        }
    }

    /// <summary>Number of connections that its clients have opened.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Address on which it listens; for TLS use <see cref="CreateClient"/>.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>Returns a free port, which stays free while its owner is restarted.</summary>
    public static int FreePort()
    {
        while (true)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            var port = Random.Shared.Next(Ports.From, Ports.To);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                if (Given.TryAdd(port, true))
                {
                    return port;
                }
            }
            catch (SocketException)
            {
                // The port is in use.
            }
        }
    }

    /// <summary>Creates a client of <c>https://gateway.example.com</c>, which resolves to this nginx.</summary>
    public HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, _port, cancellationToken);
            Interlocked.Increment(ref _connections);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, served, _, _) => served!.GetCertHashString() == _thumbprint,
        },
    })
    {
        BaseAddress = new("https://gateway.example.com"),
    };

    /// <summary>
    /// Returns the outcome of each request that was passed to a replica so far: its status, and the port and status (502 for none) of each
    /// replica that was tried.
    /// </summary>
    public async Task<IReadOnlyList<(string Status, IReadOnlyList<(int Port, string Status)> Asked)>> ReadLogAsync() =>
    [
        .. (await File.ReadAllLinesAsync(PathOf("access.log"))).Select(line => line.Split('|'))
            .Select(fields => (fields[0], (IReadOnlyList<(int, string)>)
        [
            .. fields[1].Split(", ").Zip(fields[2].Split(", "), (address, response) => (IPEndPoint.Parse(address).Port, response)),
        ])),
    ];

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // After SIGKILL its workers would continue.
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(folder => Path.Combine(folder, "nginx")).FirstOrDefault(File.Exists) ?? throw new InvalidOperationException(Missing);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>
    /// Returns the repository's configuration file, with this machine's addresses in place of the examples. The file
    /// must contain each example.
    /// </summary>
    private string Shipped(IEnumerable<int> replicas, IEnumerable<(string Text, string InPlace)> changes)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, Configuration));
        foreach (var (example, ours) in replicas.Select((port, n) => ($"server 10.0.0.{11 + n}:8080 ", $"server 127.0.0.1:{port} "))
            .Append(("listen 443 ssl http2;", $"listen 127.0.0.1:{_port} ssl http2;"))
            .Append(("/etc/nginx/tls/gateway.pem;", $"{PathOf("gateway.pem")};"))
            .Append(("/etc/nginx/tls/gateway.key;", $"{PathOf("gateway.key")};"))
            .Concat(changes))
        {
            text.ShouldContain(example);
            text = text.Replace(example, ours, StringComparison.Ordinal);
        }

        return text;
    }
}
