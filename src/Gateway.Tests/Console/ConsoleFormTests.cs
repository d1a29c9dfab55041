using System.Net;
using NclueGateway.Observability.Audit;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Console;

/// <summary>The two forms that change something: sign-out and the choice of a language. They work without script.</summary>
public sealed class ConsoleFormTests(ConsoleSite site) : IClassFixture<ConsoleSite>
{
    private const string SignOut = "/console/sign-out";
    private const string Language = "/pages/language";

    public static TheoryData<string, string> Strange => new()
    {
        { "", "" },
        { "Origin", "same" }, // no proof alone
        { "Sec-Fetch-Site", "cross-site" },
        { "Sec-Fetch-Site", "same-site" },
        { "Sec-Fetch-Site", "none" },
        { "Sec-Fetch-Site", "same-origin, same-origin" },
        { "X-CSRF", "1" },
    };

    [Fact]
    public async Task Signing_out_ends_the_session_for_all_holders_of_the_cookie_and_shows_a_page_with_the_providers_sign_out()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        using var tab = new CookieClient(gateway.Address) { Session = browser.Session };
        var form = (await browser.OpenAsync("/console/gateway")).One("form[action$=sign-out]");

        using var response = await browser.SendFormAsync(form.GetAttribute("action")!, "");

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        response.Headers.Location!.OriginalString.ShouldBe("/console/signed-out");
        response.Headers.GetValues("Clear-Site-Data").ShouldBe(["\"cache\""]);
        response.Headers.CacheControl!.ToString().ShouldBe("no-store");
        browser.Session.ShouldBeNull();
        (await tab.OpenAsync("/console/gateway")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        var page = await browser.OpenAsync("/console/signed-out");
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Text("h1").ShouldBe("You have signed out");
        PlainHtml.Links(page.Document).ShouldBe(["/console", $"{gateway.Issuer.Address}/logout?client_id={TestSignIn.ClientId}"]);
        (await browser.OpenAsync("/console/signed-out", ("Accept-Language", "ko"))).Text("h1").ShouldBe("로그아웃되었습니다");
        await gateway.StopAsync();
        gateway.Logs.GetSnapshot().Where(entry => entry.Category == AuditEvent.Category)
            .Where(entry => entry.GetStructuredStateValue("Kind") == "SignOut")
            .Select(entry => entry.GetStructuredStateValue("Subject")).ShouldBe(["alice"]);
    }

    [Fact]
    public async Task Signing_out_a_second_time_or_without_a_session_leads_to_the_same_page()
    {
        await using var gateway = await SessionHost.StartAsync(issuer => issuer.SignIn.Metadata["end_session_endpoint"] = null);
        using var browser = new CookieClient(gateway.Address);

        using var response = await browser.SendFormAsync(SignOut, "");

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        PlainHtml.Links((await browser.OpenAsync("/console/signed-out")).Document).ShouldBe(["/console"]); // the provider has no such page
    }

    [Theory]
    [MemberData(nameof(Strange))]
    public async Task A_form_that_another_site_may_have_sent_is_a_403_as_a_page_and_changes_nothing(string header, string value)
    {
        using var browser = new CookieClient(site.Gateway.Address);
        await browser.SignInAsync();
        var cookies = browser.SetCookies.Count;
        var sent = value == "same" ? site.Gateway.Address.GetLeftPart(UriPartial.Authority) : value;

        foreach (var path in new[] { SignOut, Language })
        {
            using var response = await browser.SendFormAsync(
                path, "language=ko", header.Length == 0 ? ("Accept", "text/html") : (header, sent));
            var page = await ConsolePage.ReadAsync(response);
            page.Status.ShouldBe(HttpStatusCode.Forbidden, path);
            page.Text("h1").ShouldBe("This form was not sent by a page of this gateway");
            page.Headers.ShouldNotContainKey("Clear-Site-Data");
        }

        browser.SetCookies.Count.ShouldBe(cookies);
        (await browser.OpenAsync("/console/gateway")).Status.ShouldBe(HttpStatusCode.OK); // still signed in, in English
    }

    [Fact]
    public async Task The_choice_of_a_language_is_a_cookie_that_holds_nothing_else_and_leads_back()
    {
        using var browser = new CookieClient(site.Gateway.Address);
        await browser.SignInAsync();
        var form = (await browser.OpenAsync("/console/gateway?")).One("form.languages");
        form.QuerySelectorAll("button").Select(button => (button.GetAttribute("name"), button.GetAttribute("value"), button.TextContent))
            .ShouldBe([("language", "en", "English"), ("language", "ko", "한국어")]);
        form.QuerySelector("button[aria-current]")!.TextContent.ShouldBe("English");

        using var response = await browser.SendFormAsync(form.GetAttribute("action")!, "returnUrl=%2Fconsole%2Fgateway&language=ko");

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        response.Headers.Location!.OriginalString.ShouldBe("/console/gateway");
        browser.SetCookies[^1].ShouldBe("nclue-gateway-language=c%3Dko%7Cuic%3Dko; max-age=31536000; path=/; samesite=lax; httponly");
        var page = await browser.OpenAsync("/console/gateway", ("Accept-Language", "en"));
        page.Document.DocumentElement.GetAttribute("lang").ShouldBe("ko");
        page.Text("button[aria-current]").ShouldBe("한국어");
    }

    [Fact]
    public async Task Behind_TLS_and_below_a_path_the_cookie_is_secure_and_of_that_path()
    {
        await using var gateway = await SessionHost.StartAsync(("Http:PathBase", "/nclue"), ("Http:KnownProxies:0", "127.0.0.1"));
        using var browser = new CookieClient(gateway.Address);

        using var response = await browser.SendFormAsync(
            "/nclue/pages/language", "language=ko", ("Sec-Fetch-Site", "same-origin"), ("X-Forwarded-Proto", "https"));

        response.Headers.Location!.OriginalString.ShouldBe("/nclue/");
        browser.SetCookies.ShouldHaveSingleItem()
            .ShouldBe("nclue-gateway-language=c%3Dko%7Cuic%3Dko; max-age=31536000; path=/nclue; secure; samesite=lax; httponly");
    }

    [Theory]
    [InlineData("returnUrl=%2Fconsole%3Fq%3Da%26b&language=ko", "/console?q=a&b")]
    [InlineData("returnUrl=%2F%2Fevil.example&language=ko", "/")]
    [InlineData("returnUrl=%2F%5Cevil.example&language=ko", "/")]
    [InlineData("returnUrl=https%3A%2F%2Fevil.example&language=ko", "/")]
    [InlineData("returnUrl=~%2Fconsole&language=ko", "/")]
    [InlineData("returnUrl=%2Fa%0D%0AX%3A1&language=ko", "/")]
    [InlineData("returnUrl=%2F%EA%B0%80&language=ko", "/")] // a header is ASCII; the forms send encoded addresses
    [InlineData("returnUrl=%2Fa&returnUrl=%2Fb&language=ko", "/")]
    [InlineData("language=ko", "/")]
    public async Task It_leads_back_only_to_a_page_of_the_gateway(string fields, string location)
    {
        using var browser = new CookieClient(site.Gateway.Address);

        using var response = await browser.SendFormAsync(Language, fields);

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        response.Headers.Location!.OriginalString.ShouldBe(location);
    }

    [Theory]
    [InlineData("")]
    [InlineData("language=")]
    [InlineData("language=fr")]
    [InlineData("language=KO")]
    [InlineData("language=en&language=ko")]
    [InlineData("nclue-gateway-language=c%3Dko")]
    public async Task Another_language_is_a_400_as_a_page_and_sets_no_cookie(string fields)
    {
        using var browser = new CookieClient(site.Gateway.Address);

        using var response = await browser.SendFormAsync(Language, fields);

        (await ConsolePage.ReadAsync(response)).Text("h1").ShouldBe("The request has a mistake");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        browser.SetCookies.ShouldBeEmpty();
    }
}
