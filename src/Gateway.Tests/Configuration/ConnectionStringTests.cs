using Microsoft.Extensions.Configuration;
using NclueGateway.Configuration;
using NclueGateway.Redis;

namespace NclueGateway.Tests.Configuration;

/// <summary>Connection strings of Redis in common forms that StackExchange.Redis cannot read.</summary>
public sealed class ConnectionStringTests
{
    [Theory]
    [InlineData("redis://gateway:canary@redis.example:6379/0")]
    [InlineData("rediss://:canary@redis.example")]
    [InlineData("valkey://redis.example:6379")]
    [InlineData("tcp://redis.example:6379,password=canary")]
    [InlineData("redis://redis.example?password=canary")]
    [InlineData("node1.example:6379,redis://node2.example:6379")]
    public void A_URL_is_refused_and_named(string text) =>
        Mistake(text).ShouldStartWith("ConnectionStrings:Redis: it is a URL. Write it as 'redis.example:");

    [Theory]
    [InlineData("redis.example:6379,password=canary,canary")]
    [InlineData("redis.example:6379,password=canary,canary:x")]
    [InlineData("redis.example:6379,password=canary,,canary")]
    [InlineData("redis.example:6379, Password = canary, canary,ssl=true")]
    [InlineData("redis.example:6379,password='canary,canary'")]
    [InlineData("redis.example:6379,password=canary,canary=canary")]
    [InlineData("redis.example:6379,password=canary,x://canary")]
    [InlineData("redis.example:6379,password=canary,w:1234")]
    public void A_comma_in_the_password_is_named(string text) => Mistake(text).ShouldContain("comma");

    [Theory]
    [InlineData("gateway:canary@redis.example:6379")]
    [InlineData("\"redis.example:6379\"")]
    [InlineData("redis.example 6379")]
    [InlineData("redis.example;password")]
    [InlineData("redis.example:6379:canary")]
    [InlineData("redis.example:6379/0")]
    [InlineData("redis.example:99999")]
    [InlineData("redis.example:port")]
    [InlineData("redis.example:6379,passwort=canary")]
    [InlineData(":6379")]
    [InlineData("password=canary")]
    public void A_part_that_is_no_address_and_no_option_is_refused(string text) => Mistake(text).ShouldNotBeEmpty();

    [Theory]
    [InlineData("redis.example")]
    [InlineData("redis_1:6379,ssl=true,user=gateway,password=p=a:b/c@d")]
    [InlineData("sentinel1.example:26379,sentinel2.example:26379,serviceName=company,password=…")]
    [InlineData("[::1]:6379,10.0.0.1:6379,::1,10.0.0.2")]
    [InlineData("!/run/redis.sock,password=x")]
    [InlineData("password=x,redis.example:6379")]
    [InlineData("redis.example:6379,password=x://y,")]
    public void Every_form_that_the_library_reads_is_accepted(string text) => Mistake(text).ShouldBeEmpty();

    private static string Mistake(string text)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Redis", text)]).Build());
        reader.Read<ConnectionStringOptions>(ConnectionStringOptions.Section);
        var mistake = (Record.Exception(reader.ThrowIfMistaken) as SettingsException)?.Mistakes.Single() ?? "";
        mistake.ShouldNotContain("canary");
        return mistake;
    }
}
