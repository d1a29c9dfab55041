using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NclueGateway.Access.Callers;
using NclueGateway.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Replicas;

/// <summary>Browsers whose requests reach one replica and then another.</summary>
internal static class Browsers
{
    public static async Task<CookieClient> SignedInAsync(GatewayHost gateway)
    {
        var person = new CookieClient(gateway.Address);
        await person.SignInAsync();
        return person;
    }

    /// <summary>Returns a client with the same cookies for another replica.</summary>
    public static CookieClient Move(CookieClient person, GatewayHost to)
    {
        var moved = new CookieClient(to.Address);
        foreach (var (name, value) in person.Cookies)
        {
            moved.Cookies[name] = value;
        }

        return moved;
    }

    /// <summary>Returns the status of a read; 200 also without data.</summary>
    public static async Task<HttpStatusCode> StatusAsync(CookieClient person, GatewayHost at)
    {
        using var moved = Move(person, at);
        using var response = await moved.GetAsync("/api/task-runs?limit=0"); // for a signed-in user a 400 that needs no data
        return response.StatusCode == HttpStatusCode.BadRequest ? HttpStatusCode.OK : response.StatusCode;
    }

    /// <summary>Returns the part of a session's key that depends on its cookie.</summary>
    public static string HashOf(string cookie) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(cookie)));

    /// <summary>Returns the prefix of session keys.</summary>
    public static string Prefix(GatewayHost gateway) => $"nclue-gateway:session:{ScopeOf(gateway).Name}:";

    public static SessionScope ScopeOf(GatewayHost gateway) =>
        new(
            new AuthOptions { Authority = gateway.Issuer.Address, Audience = "gateway" },
            new BrowserSessionOptions { ClientId = TestSignIn.ClientId });

    public static string CreateCertificate(DateTimeOffset notAfter)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=keys", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(notAfter.AddDays(-2), notAfter);
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem();
    }
}
