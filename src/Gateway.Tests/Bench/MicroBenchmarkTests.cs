using System.Reflection;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using NclueGateway.Micro;
using NclueGateway.Sandbox.Nclue;

namespace NclueGateway.Tests.Bench;

/// <summary>
/// The bodies of the benchmarks of <c>bench/micro.sh</c>, each run once: each measures working code, and the code that
/// its name states.
/// </summary>
public sealed class MicroBenchmarkTests
{
    private static readonly Type[] Classes = [.. typeof(Suite).Assembly.GetTypes().Where(type => Methods(type).Any())];

    public static TheoryData<string, string, string?> Bodies() => new(
        from type in Classes
        from method in Methods(type)
        from variant in Variants(type)
        select (type.Name, method.Name, variant?.ToString()));

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_runs(string type, string method, string? variant)
    {
        var benchmark = Classes.Single(candidate => candidate.Name == type);
        var instance = Activator.CreateInstance(benchmark)!;
        benchmark.GetProperty(nameof(GatewayBenchmarks.Callers))?.SetValue(instance, 2);
        if (Parameter(benchmark) is { } parameter)
        {
            parameter.SetValue(instance, Variants(benchmark).Single(value => value?.ToString() == variant));
        }

        await CallAsync<GlobalSetupAttribute>(instance);
        try
        {
            benchmark.GetMethod(method)!.Invoke(instance, null).ShouldNotBeNull();
        }
        finally
        {
            await CallAsync<GlobalCleanupAttribute>(instance);
        }
    }

    [Fact]
    public void All_benchmarks_are_measured_with_what_they_allocate_and_named_in_the_results()
    {
        Suite.Types.ShouldBe(Classes, ignoreOrder: true);
        Classes.ShouldAllBe(type => type.IsDefined(typeof(MemoryDiagnoserAttribute)));
        Classes.SelectMany(Methods).Select(method => method.GetCustomAttribute<BenchmarkAttribute>()!.Description)
            .ShouldAllBe(name => name!.Length > 0);
    }

    [Fact]
    public void The_signature_is_that_of_the_request_for_the_first_block() => // see NcpSignatureTests
        new SignatureBenchmarks().Sign().ShouldBe("yXTmgqQ1CCecjo041EYDTn9efxo9W3zn3oZ2CrdevvM=");

    [Fact]
    public void A_whole_block_is_normalised()
    {
        new NormalizerBenchmarks().Normalize().ShouldBe(100);
        Should.Throw<InvalidOperationException>(() => Blocks.Normalize("{\"runs\":"u8.ToArray())).Message.ShouldContain("not JSON");
    }

    [Fact]
    public void The_pages_hold_the_rows_that_they_are_named_for()
    {
        var pages = new PageBenchmarks();

        pages.Write().ShouldBe(pages.Body.Length);
        RowsIn(pages.Body).ShouldBe(Enumerable.Range(0, 20));
        pages.WriteOverTwoBlocks().ShouldBe(pages.Body.Length);
        RowsIn(pages.Body).ShouldBe(Enumerable.Range(90, 20));
        pages.Make().ShouldBe(pages.Make());
        pages.Make().ShouldNotBe(pages.MakeOverTwoBlocks());
        pages.Link().ShouldContain("index=110&limit=20>; rel=\"next\"");
    }

    [Fact]
    public async Task A_token_is_found_once_it_has_been_checked()
    {
        var tokens = new TokenBenchmarks();
        tokens.Find().ShouldBeNull();

        await tokens.CheckAsync();

        tokens.Find().ShouldBe("reader");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_gateway_sends_the_page_or_a_304_to_a_caller_that_has_it(bool hasAudit)
    {
        var gateway = new GatewayBenchmarks { HasAudit = hasAudit, Callers = 2 };
        await gateway.StartAsync();
        try
        {
            gateway.Whole().ShouldBeGreaterThan(20 * 200);
            gateway.Unchanged().ShouldBe(0);
        }
        finally
        {
            await gateway.StopAsync();
        }
    }

    private static List<int> RowsIn(ReadOnlyMemory<byte> body)
    {
        var runs = JsonDocument.Parse(Encoding.UTF8.GetString(body.Span)).RootElement.GetProperty("runs");
        return [.. runs.EnumerateArray().Select(run => SimulatedRun.NumberOf(run.GetProperty("name").GetString()!))];
    }

    private static IEnumerable<MethodInfo> Methods(Type type) =>
        type.GetMethods().Where(method => method.IsDefined(typeof(BenchmarkAttribute)));

    private static PropertyInfo? Parameter(Type type) =>
        type.GetProperties().SingleOrDefault(property => property.IsDefined(typeof(ParamsAttribute)));

    private static object?[] Variants(Type type) => Parameter(type)?.GetCustomAttribute<ParamsAttribute>()!.Values ?? [null];

    private static async Task CallAsync<TAttribute>(object instance)
        where TAttribute : Attribute
    {
        foreach (var method in instance.GetType().GetMethods().Where(method => method.IsDefined(typeof(TAttribute))))
        {
            await (Task)method.Invoke(instance, null)!;
        }
    }
}
