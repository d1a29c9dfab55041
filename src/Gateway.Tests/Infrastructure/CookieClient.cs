using System.Net;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// An HTTP client that handles cookies and redirects as a browser does. It keeps cookies by itself: <see cref="CookieContainer"/> sends
/// Secure ones only over https, and does not know <c>__Host-</c>.
/// </summary>
internal sealed class CookieClient(Uri gateway) : IDisposable
{
    private readonly HttpClient _http = new(new ContractHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }))
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>Cookies by name, the oldest first, as browsers send them (RFC 6265 §5.4).</summary>
    public OrderedDictionary<string, string> Cookies { get; } = [];

    /// <summary><c>Set-Cookie</c> lines received so far.</summary>
    public List<string> SetCookies { get; } = [];

    public string? Session
    {
        get => Cookies.GetValueOrDefault("__Host-nclue-session");
        set => Cookies["__Host-nclue-session"] = value!;
    }

    /// <summary>Sends a request with the cookies and, by default, with <c>X-CSRF: 1</c>.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string address, string? csrf = "1", Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(gateway, address));
        if (request.RequestUri!.Authority == gateway.Authority && Cookies.Count > 0)
        {
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        }

        if (csrf is not null)
        {
            request.Headers.TryAddWithoutValidation("X-CSRF", csrf);
        }

        change?.Invoke(request);
        var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        foreach (var line in response.Headers.TryGetValues("Set-Cookie", out var lines) ? lines : [])
        {
            SetCookies.Add(line);
            var (name, value) = (line.Split('=')[0], line.Split('=', 2)[1].Split(';')[0]);
            if (value.Length > 0)
            {
                Cookies[name] = value;
            }
            else
            {
                Cookies.Remove(name);
            }
        }

        return response;
    }

    public Task<HttpResponseMessage> GetAsync(string address, string? csrf = "1") => SendAsync(HttpMethod.Get, address, csrf);

    public async Task<PageResponse> ReadAsync(int index = 0, string? csrf = "1")
    {
        using var response = await GetAsync($"/api/task-runs?index={index}&limit=20", csrf);
        return await PageResponse.ReadAsync(response);
    }

    /// <summary>Follows redirects from an address and returns the first response that is not a redirect.</summary>
    public async Task<HttpResponseMessage> FollowAsync(string address, Predicate<Uri>? until = null)
    {
        while (true)
        {
            var response = await GetAsync(address, csrf: null);
            if (response.StatusCode is not (HttpStatusCode.Redirect or HttpStatusCode.SeeOther)
                || until?.Invoke(response.Headers.Location!) == true)
            {
                return response;
            }

            address = new Uri(new Uri(gateway, address), response.Headers.Location!).AbsoluteUri;
            response.Dispose();
        }
    }

    /// <summary>Signs in, and stops at the address to which the gateway sends the browser back.</summary>
    public async Task<Uri> SignInAsync(string returnUrl = "/health/live")
    {
        using var response = await FollowAsync(
            "/session/login?returnUrl=" + Uri.EscapeDataString(returnUrl), location => location.OriginalString == returnUrl);
        response.StatusCode.ShouldBe(
            HttpStatusCode.Redirect, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return response.Headers.Location!;
    }

    public void Dispose() => _http.Dispose();
}
