using System.ComponentModel.DataAnnotations;
using NclueGateway.Access.Callers;

namespace NclueGateway.Tests.Access;

public sealed class AuthOptionsTests
{
    [Fact]
    public void The_defaults_need_only_an_authority_and_an_audience()
    {
        Mistakes(Good()).ShouldBeEmpty();
        Mistakes(new()).ShouldBe([nameof(AuthOptions.Authority), nameof(AuthOptions.Audience)], ignoreOrder: true);

        var options = Good();
        options.RequireHttpsMetadata.ShouldBeTrue();
        options.ReadScope.ShouldBe("task-runs:read");
        options.SubjectClaim.ShouldBe("sub");
        options.RequiredClaims.ShouldBeEmpty();
        options.PermissionClaims.ShouldBe(["scope", "scp", "roles", "role", "groups"]);
    }

    [Theory]
    [InlineData("https://id.example.com", true, true)]
    [InlineData("https://id.example.com/realms/one/", true, true)]
    [InlineData("http://id.example.com", false, true)]
    [InlineData("http://id.example.com", true, false)]
    [InlineData("id.example.com", true, false)]
    [InlineData("ftp://id.example.com", false, false)]
    [InlineData("file:///etc", false, false)]
    [InlineData("https://id.example.com?x=1", true, false)]
    [InlineData("https://id.example.com#x", true, false)]
    public void The_authority_is_an_https_address(string authority, bool requireHttps, bool isGood)
    {
        var options = Good();
        options.Authority = authority;
        options.RequireHttpsMetadata = requireHttps;

        Mistakes(options).ShouldBe(isGood ? [] : [nameof(AuthOptions.Authority)]);
    }

    [Theory]
    [InlineData("https://id.example.com/a", "", "https://id.example.com/a", true)]
    [InlineData("https://id.example.com/a/", "", "https://id.example.com/a", true)]
    [InlineData("https://id.example.com/a", "", "https://id.example.com/a/", true)]
    [InlineData("https://ID.example.com:443", "", "https://id.example.com", true)]
    [InlineData("https://id.example.com/a", "", "https://id.example.com/A", false)]
    [InlineData("https://id.example.com/a", "", "http://id.example.com/a", false)]
    [InlineData("https://id.example.com/a", "", "https://id.example.com/a?x", false)]
    [InlineData("https://id.example.com/a", "", "https://id.example.com", false)]
    [InlineData("https://id.example.com/a", "", "id.example.com/a", false)]
    [InlineData("https://id.example.com/a", "urn:id", "urn:id", true)]
    [InlineData("https://id.example.com/a", "urn:id", "https://id.example.com/a", false)]
    [InlineData("https://id.example.com/a", "https://other.example", "https://other.example/", false)]
    public void Metadata_name_the_authority_or_the_issuer_that_is_set(string authority, string setting, string named, bool isGood) =>
        new AuthOptions { Authority = authority, Issuer = setting }.IsIssuer(named).ShouldBe(isGood);

    [Theory]
    [InlineData("api://gateway/TaskRuns.Read", true)]
    [InlineData("two words", false)]
    [InlineData("quo\"te", false)]
    [InlineData("back\\slash", false)]
    [InlineData("한글", false)]
    [InlineData("", false)]
    public void The_scope_is_one_word_that_fits_into_a_header(string scope, bool isGood)
    {
        var options = Good();
        options.ReadScope = scope;

        Mistakes(options).ShouldBe(isGood ? [] : [nameof(AuthOptions.ReadScope)]);
    }

    [Theory]
    [InlineData("gateway", null, true)]
    [InlineData("", "gateway", true)]
    [InlineData("gateway", "api://gateway", true)]
    [InlineData("", null, false)]
    [InlineData("gateway", "", false)]
    [InlineData("gateway", " ", false)]
    public void One_audience_is_enough_and_none_is_empty(string audience, string? other, bool isGood)
    {
        var options = Good();
        options.Audience = audience;
        options.Audiences = other is null ? [] : [other];

        Mistakes(options).ShouldBe(isGood ? [] : [other is null ? nameof(AuthOptions.Audience) : nameof(AuthOptions.Audiences)]);
    }

    [Fact]
    public void Lists_hold_no_blanks()
    {
        var options = Good();
        options.PermissionClaims = ["scope", " "];
        options.RequiredClaims["tid"] = "";
        Mistakes(options).ShouldBe([nameof(AuthOptions.PermissionClaims), nameof(AuthOptions.RequiredClaims)]);

        options = Good();
        options.PermissionClaims = [];
        Mistakes(options).ShouldBe([nameof(AuthOptions.PermissionClaims)]);
    }

    private static AuthOptions Good() => new() { Authority = "https://id.example.com", Audience = "gateway" };

    private static string[] Mistakes(AuthOptions options)
    {
        var results = new List<ValidationResult>();
        var context = new ValidationContext(options);
        Validator.TryValidateObject(options, context, results, validateAllProperties: true);
        return [.. results.Concat(options.Validate(context)).SelectMany(result => result.MemberNames).Distinct()];
    }
}
