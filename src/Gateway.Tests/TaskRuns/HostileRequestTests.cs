using System.Text;
using CsCheck;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.TaskRuns;

public sealed class HostileRequestTests
{
    private static readonly Gen<string> Name = Gen.OneOf(
        Gen.OneOf(
            Gen.Const("index"), Gen.Const("limit"), Gen.Const("Index"), Gen.Const(""), Gen.Const("access_token"), Gen.Const("runs[]")),
        Gen.String[0, 12]);

    private static readonly Gen<string> Value = Gen.OneOf(
        Gen.Int.Select(n => n.ToString()),
        Gen.Long.Select(n => n.ToString()),
        Gen.OneOf(
            Gen.Const(""), Gen.Const("%"), Gen.Const("%00"), Gen.Const("%zz"), Gen.Const("1"), Gen.Const("20"), Gen.Const("0x1"),
            Gen.Const("９"), Gen.Const("NaN")),
        Gen.String[0, 12]);

    private static readonly Gen<string> Query = Gen.Select(Name, Value, Gen.Bool, (name, value, isRaw) =>
        isRaw
            ? Raw(name) + "=" + Raw(value)
            : Uri.EscapeDataString(WellFormed(name)) + "=" + Uri.EscapeDataString(WellFormed(value))).Array[0, 4]
        .Select(pairs => string.Join('&', pairs));

    [Fact]
    public async Task Two_thousand_odd_queries_and_tokens_are_answered_without_an_error_of_ours()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 50 });
        await gateway.ReadAsync();
        var good = gateway.Issuer.Issue();
        var token = Gen.OneOf(
            Gen.Const(good),
            Gen.Const(""),
            Gen.Const("a.b.c"),
            Gen.Int[0, good.Length - 1].Select(at => good[..at] + 'A' + good[(at + 1)..]),
            Gen.Int[0, good.Length].Select(at => good[..at]), Gen.String[Gen.Char['!', '~'], 0, 40]);
        using var client = gateway.CreateAnonymousClient();

        await Gen.Select(Query, token).SampleAsync(
            async (query, bearer) =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Address, "/api/task-runs?" + query));
                request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + bearer);
                using var response = await client.SendAsync(request);
                var status = (int)response.StatusCode;
                var type = response.Content.Headers.ContentType?.MediaType;
                return status == 200 ? type == "application/json" : status is >= 400 and < 500 && type == "application/problem+json";
            },
            iter: 2_000,
            threads: 2);

        gateway.Nclue.Arrivals.Count.ShouldBe(1);
        gateway.Logs.GetSnapshot().ShouldAllBe(line => line.Level < Microsoft.Extensions.Logging.LogLevel.Error);
    }

    /// <summary>The characters that a URI can contain unescaped.</summary>
    private static string Raw(string text) =>
        string.Concat(text.Where(c => char.IsAsciiLetterOrDigit(c) || c is '%' or '-' or '.' or '_' or '[' or ']' or '+'));

    /// <summary>Returns the text without lone surrogates, which cannot be escaped.</summary>
    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
