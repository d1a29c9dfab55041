using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using NclueGateway.Access.Sessions;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Access.Sessions;

public sealed class KeySealTests
{
    private const string Key = "<key id=\"1\" version=\"1\">\r\n  <!-- a comment -->\n "
        + "<descriptor a='b'><secret xmlns=\"urn:x\">AB\nCD </secret></descriptor>\t</key>";

    [Fact]
    public void A_sealed_key_is_valid_after_Redis_returned_it_and_on_any_replica_with_the_same_certificate()
    {
        var pem = Pem();
        var element = XElement.Parse(Key, LoadOptions.PreserveWhitespace);

        var stored = new KeySeal(Read(pem)).Seal(element).ToString(SaveOptions.DisableFormatting);

        new KeySeal(Read(pem)).IsGood(XElement.Parse(stored)).ShouldBeTrue();
        element.Attribute("seal").ShouldBeNull();
        new KeySeal(Read(Pem())).IsGood(XElement.Parse(stored)).ShouldBeFalse(); // another certificate
    }

    [Theory]
    [InlineData("id=\"1\"", "id=\"2\"")]
    [InlineData("AB", "AC")]
    [InlineData("</descriptor>", "</descriptor><descriptor/>")]
    [InlineData("seal=", "steal=")]
    [InlineData("seal=\"", "seal=\"A")]
    [InlineData("seal=\"", "seal=\"\" x=\"")]
    public void A_changed_key_is_invalid(string from, string to)
    {
        var seal = new KeySeal(Read(Pem()));
        var stored = seal.Seal(XElement.Parse(Key)).ToString(SaveOptions.DisableFormatting);

        seal.IsGood(XElement.Parse(stored.Replace(from, to, StringComparison.Ordinal))).ShouldBeFalse();
        seal.IsGood(XElement.Parse(Key)).ShouldBeFalse();
    }

    private static string Pem() => Browsers.CreateCertificate(TimeProvider.System.GetUtcNow().AddDays(1));

    private static X509Certificate2 Read(string pem) => CertificateText.Read(pem)!;
}
