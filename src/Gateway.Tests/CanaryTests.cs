using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests;

/// <summary>Runs all flows once, and checks that no secret appears where someone other than its owner can see it.</summary>
[Collection("Alone")] // the listeners would also receive the activity of other tests
public sealed class CanaryTests
{
    private static readonly string[] Pages =
        ["/problems", "/problems/sign-in-failed", "/swagger/index.html", "/openapi/v1.json", "/health/ready", "/nowhere"];

    private readonly ConcurrentQueue<string> _seen = new();
    private readonly List<string> _secrets = ["canary", GatewayHost.AccessKey];

    [Fact]
    public async Task No_key_token_cookie_or_signature_appears_anywhere()
    {
        using var traces = ListenToTraces();
        using var metrics = ListenToMetrics();
        await using var gateway = await SessionHost.StartAsync(issuer =>
            issuer.SignIn.ChangeIdToken = token => _secrets.Add((string)token.Claims["sid"]!));
        using var person = new CookieClient(gateway.Address);

        await BearersAsync(gateway);
        await SessionsAsync(gateway, person);
        await FailuresAsync(gateway, person);
        foreach (var page in Pages)
        {
            await ShowAsync(await person.GetAsync(page, csrf: null));
        }

        await gateway.StopAsync();
        foreach (var log in gateway.Logs.GetSnapshot().Where(IsWritten))
        {
            _seen.Enqueue($"{log.Category} {log.Message} {string.Join(' ', log.StructuredState ?? [])} {log.Exception}");
        }

        _seen.Count.ShouldBeGreaterThan(100);
        _secrets.Count.ShouldBeGreaterThan(10);
        foreach (var secret in _secrets.Distinct())
        {
            _seen.Where(text => text.Contains(secret, StringComparison.Ordinal)).ShouldBeEmpty($"a secret: {secret}");
        }

        _seen.Where(text => text.Contains("eyJ", StringComparison.Ordinal)).ShouldBeEmpty(); // how every JWT begins
        _seen.ShouldContain(text => text.StartsWith("trace ", StringComparison.Ordinal));
        _seen.ShouldContain(text => text.StartsWith("metric ", StringComparison.Ordinal));
        _seen.ShouldContain(text => text.StartsWith("NclueGateway.Audit SignIn", StringComparison.Ordinal));
    }

    private async Task BearersAsync(GatewayHost gateway)
    {
        foreach (var token in new[]
        {
            gateway.Issuer.Issue(),
            gateway.Issuer.Issue(draft => draft.Claims["exp"] = 0),
            gateway.Issuer.Issue(draft => draft.Claims["scope"] = "openid"),
            gateway.Issuer.Issue(draft => draft.Key = TestKey.Ecdsa(gateway.Issuer.Key.Id)),
            gateway.Issuer.Issue(draft => draft.Header["kid"] = "unknown"),
            "no-jwt-canary",
        })
        {
            _secrets.Add(token);
            using var client = gateway.CreateAnonymousClient();
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + token);
            await ShowAsync(await client.GetAsync("/api/task-runs", TestContext.Current.CancellationToken));
            await ShowAsync(await client.GetAsync(
                "/api/task-runs?token=query-canary&limit=x-canary", TestContext.Current.CancellationToken));
        }
    }

    private async Task SessionsAsync(GatewayHost gateway, CookieClient person)
    {
        await person.SignInAsync("/health/live?return-canary=1");
        Remember(person);
        await ShowAsync(await person.GetAsync("/session"));
        await ShowAsync(await person.GetAsync("/api/task-runs"));
        gateway.Clock.Advance(TimeSpan.FromMinutes(5));
        await ShowAsync(await person.GetAsync("/api/task-runs?limit=0")); // checks the session with the provider again
        gateway.Issuer.SignIn.Refreshes.ShouldBe(1);

        using var http = gateway.CreateAnonymousClient();
        foreach (var logoutToken in new[] { gateway.Issuer.SignIn.IssueLogoutToken("elsewhere"), gateway.Issuer.Issue() })
        {
            _secrets.Add(logoutToken);
            using var form = new FormUrlEncodedContent([new("logout_token", logoutToken)]);
            await ShowAsync(await http.PostAsync("/session/backchannel-logout", form, TestContext.Current.CancellationToken));
        }

        await ShowAsync(await person.SendAsync(HttpMethod.Post, "/session/logout"));
        await ShowAsync(await person.GetAsync("/api/task-runs"));
        await person.SignInAsync();
        Remember(person);
        gateway.Clock.Advance(TimeSpan.FromMinutes(5));
        gateway.Issuer.SignIn.RefreshRefusal = (400, "invalid_grant");
        await ShowAsync(await person.GetAsync("/api/task-runs?limit=0"));
        gateway.Issuer.SignIn.RefreshRefusal = null;
    }

    private async Task FailuresAsync(GatewayHost gateway, CookieClient person)
    {
        await ShowAsync(await person.GetAsync(
            "/session/callback?code=code-canary&state=state-canary&error=error-canary&error_description=canary", csrf: null));
        await ShowAsync(await person.GetAsync("/session/login?returnUrl=//canary", csrf: null));
        foreach (var mood in new[] { IssuerMood.CutsConnections, IssuerMood.Responds })
        {
            using var callback = await person.FollowAsync(
                "/session/login", to => to.OriginalString.Contains("/session/callback", StringComparison.Ordinal));
            Remember(person);
            var address = callback.Headers.Location!;
            _secrets.AddRange(address.Query.TrimStart('?').Split('&')
                .Where(field => field.Split('=')[0] is "code" or "state")
                .Select(field => field.Split('=')[1]));
            gateway.Issuer.Mood = mood;
            gateway.Issuer.SignIn.WantsSecretInBody = true;
            await ShowAsync(await person.GetAsync(address.AbsoluteUri, csrf: null));
            gateway.Issuer.Mood = IssuerMood.Responds;
        }

        gateway.Nclue.Fault = new Fault { Status = 401, Body = "{\"error\":\"upstream-canary\"}" };
        await ShowAsync(await gateway.LetDepartUntilAsync(person.GetAsync("/api/task-runs?index=20")));
        gateway.Nclue.Fault = null;
    }

    /// <summary>Records the cookies, which only the browser may have.</summary>
    private void Remember(CookieClient person) => _secrets.AddRange(person.Cookies.Values.Where(value => value.Length > 8));

    /// <summary>
    /// Records the visible parts of a response. Cookies are the browser's own, and the target of a redirect is seen only by the
    /// browser and that target.
    /// </summary>
    private async Task ShowAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var headers = response.Headers.Concat(response.Content.Headers).Where(header => header.Key is not ("Set-Cookie" or "Location"));
            var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            var lines = headers.Select(header => $"{header.Key}: {string.Join(',', header.Value)}");
            _seen.Enqueue($"response {(int)response.StatusCode} {string.Join(' ', lines)} {body}");
        }
    }

    /// <summary>Returns true if the log event is written with the levels of appsettings.json.</summary>
    private static bool IsWritten(Microsoft.Extensions.Logging.Testing.FakeLogRecord log) =>
        log.Level >= (log.Category!.StartsWith("NclueGateway", StringComparison.Ordinal) ? LogLevel.Information : LogLevel.Warning);

    private ActivityListener ListenToTraces()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
                || source.Name.StartsWith("System.Net", StringComparison.Ordinal)
                || source.Name.StartsWith("NclueGateway", StringComparison.Ordinal)
                || source.Name.StartsWith("Yarp", StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                // The same process runs the provider, NCLUE and the tests' own clients; only incoming requests are the gateway's.
                if (activity.Source.Name == "Microsoft.AspNetCore")
                {
                    var events = string.Join(' ', activity.Events.SelectMany(e => e.Tags));
                    _seen.Enqueue($"trace {activity.DisplayName} {string.Join(' ', activity.TagObjects)} {events}");
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private MeterListener ListenToMetrics()
    {
        var listener = new MeterListener { InstrumentPublished = (instrument, listening) => listening.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument, tags));
        listener.Start();
        return listener;

        void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (_seen.Count < 100_000)
            {
                _seen.Enqueue($"metric {instrument.Name} {string.Join(' ', tags.ToArray())}");
            }
        }
    }
}
