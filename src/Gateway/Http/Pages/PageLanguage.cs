using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Localization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using NclueGateway.Hosting;

namespace NclueGateway.Http.Pages;

/// <summary>
/// The languages of pages: the one that the visitor has chosen, which a cookie keeps, or else the one that the browser prefers.
/// </summary>
internal static class PageLanguage
{
    /// <summary>The path of the form that chooses a language.</summary>
    public const string Route = "/pages/language";

    /// <summary>The field of the form with the language.</summary>
    public const string Field = "language";

    /// <summary>The field of the form with the path to return to.</summary>
    public const string ReturnField = "returnUrl";

    /// <summary>The languages, each with its own name.</summary>
    public static readonly IReadOnlyList<(string Code, string Name)> All = [("en", "English"), ("ko", "한국어")];

    private const string Cookie = "nclue-gateway-language";

    /// <summary>Maximum number of preferences that are compared.</summary>
    private const int MaxPreferences = 20;

    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(365);

    /// <summary>The language of the page that is being made.</summary>
    public static string Current => CultureInfo.CurrentUICulture.Name is { Length: > 0 } code ? code : All[0].Code;

    public static void Configure(RequestLocalizationOptions options)
    {
        if (!ProcessCulture.HasUnicodeData)
        {
            // Without ICU there are no cultures, so all pages are in English.
            options.DefaultRequestCulture = new(CultureInfo.InvariantCulture);
            options.SupportedCultures = options.SupportedUICultures = [CultureInfo.InvariantCulture];
            return;
        }

        string[] codes = [.. All.Select(language => language.Code)];
        options.SetDefaultCulture(codes[0]).AddSupportedCultures(codes).AddSupportedUICultures(codes);
        options.RequestCultureProviders =
        [
            new CookieRequestCultureProvider { CookieName = Cookie, Options = options },
            new CustomRequestCultureProvider(context => Task.FromResult(PreferenceOf(context))),
        ];
    }

    public static void MapLanguage(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost(Route, ChooseAsync).AllowAnonymous().IsPageForPeople();

    /// <summary>
    /// Returns the languages that the browser prefers; null without any. The framework's own provider reads three of them only, also ones
    /// that the browser refuses (RFC 9110 §12.4.2: a quality of 0), and is quadratic on malformed lists (dotnet/aspnetcore#66668).
    /// </summary>
    private static ProviderCultureResult? PreferenceOf(HttpContext context)
    {
        List<StringSegment> languages =
        [
            .. context.Request.Headers.GetCommaSeparatedValues(HeaderNames.AcceptLanguage).Take(MaxPreferences)
                .Select(element => StringWithQualityHeaderValue.TryParse(element, out var language) ? language : null)
                .OfType<StringWithQualityHeaderValue>()
                .Where(language => language.Quality != 0)
                .OrderByDescending(language => language.Quality ?? 1)
                .Select(language => language.Value),
        ];
        return languages.Count > 0 ? new(languages) : null;
    }

    private static async Task ChooseAsync(HttpContext context)
    {
        if (!await SameOriginForm.RequireSameOriginAsync(context))
        {
            return;
        }

        var form = await FormBody.ReadAsync(context);
        if (form?[Field] is not [{ } code] || All.All(language => language.Code != code))
        {
            var errors = new Dictionary<string, string[]> { [Field] = ["It must be en or ko."] };
            await new ProblemResult(HttpProblems.InvalidRequest) { Errors = errors }.ExecuteAsync(context);
            return;
        }

        var pathBase = context.Request.PathBase.ToUriComponent();
        context.Response.Cookies.Append(
            Cookie,
            $"c={code}|uic={code}",
            new()
            {
                HttpOnly = true,
                IsEssential = true,
                MaxAge = KeepFor,
                Path = pathBase.Length == 0 ? "/" : pathBase,
                SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Lax,
                Secure = context.Request.IsHttps,
            });
        SameOriginForm.SeeOther(context, form[ReturnField] is [{ } path] && IsAddress(path) ? path : pathBase + "/");
    }

    /// <summary>Returns true for an address of the gateway, as a header can hold it.</summary>
    private static bool IsAddress(string path) =>
        RedirectHttpResult.IsLocalUrl(path) && !path.StartsWith('~') && Ascii.IsValid(path);
}
