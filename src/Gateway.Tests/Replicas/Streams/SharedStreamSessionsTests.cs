using System.Net;
using NclueGateway.Tests.TaskRuns.Changes;
using static NclueGateway.Tests.Replicas.Browsers;

namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>The streams of a browser session that ends on another replica.</summary>
[Trait("Needs", "RealTime")]
public sealed class SharedStreamSessionsTests : SharedSessionsHost
{
    [Fact]
    public async Task Streams_end_within_15_seconds_after_the_provider_signs_the_user_out_through_another_replica()
    {
        using var person = await SignedInAsync(One);
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = One.Address };
        client.DefaultRequestHeaders.Add("Cookie", $"__Host-nclue-session={person.Session}");
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        await using var first = await EventReader.OpenAsync(client);
        await using var second = await EventReader.OpenAsync(client);
        await first.NextAsync();
        await second.NextAsync();

        using var http = Two.CreateAnonymousClient();
        using var form = new FormUrlEncodedContent([new("logout_token", LogoutToken())]);
        (await http.PostAsync("/session/backchannel-logout", form, Ct)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var ends = Task.WhenAll(first.NextAsync("end"), second.NextAsync("end"));
        for (var seconds = 0; seconds < 14; seconds += 2)
        {
            One.Clock.Advance(TimeSpan.FromSeconds(2));
            await ((Task)ends).WaitAsync(TimeSpan.FromMilliseconds(200), TimeProvider.System, Ct)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        (await ends).ShouldAllBe(end => end.Data == """{"reason":"session"}""");
    }
}
