using System.Security.Claims;
using NclueGateway.Access.Callers;

namespace NclueGateway.Tests.Access;

public sealed class CallerKeyTests
{
    [Theory]
    [InlineData("client_id:a azp:b appid:c sub:s", "a", "s")]
    [InlineData("azp:b appid:c sub:s", "b", "s")]
    [InlineData("cid:d appid:c sub:s", "c", "s")]
    [InlineData("cid:d sub:s", "d", "s")]
    [InlineData("sub:s", "", "s")]
    [InlineData("client_id:a", "a", "")]
    [InlineData("", "", "")]
    public void A_caller_is_an_application_and_its_user(string claims, string client, string subject)
    {
        CallerKey.From(Caller(claims), new AuthOptions()).ShouldBe(new CallerKey(client, subject));
    }

    [Fact]
    public void Another_claim_can_tell_callers_apart()
    {
        CallerKey.From(Caller("client_id:a sub:pairwise oid:o"), new AuthOptions { SubjectClaim = "oid" }).Subject.ShouldBe("o");
    }

    [Fact]
    public void The_text_of_a_caller_does_not_name_the_person()
    {
        new CallerKey("dashboard", "alice@example.com").ToString().ShouldBe("dashboard");
        $"{new CallerKey("dashboard", "alice@example.com")}".ShouldNotContain("alice");
    }

    private static ClaimsPrincipal Caller(string claims) => new(new ClaimsIdentity(claims
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(claim => claim.Split(':'))
        .Select(parts => new Claim(parts[0], parts[1]))));
}
