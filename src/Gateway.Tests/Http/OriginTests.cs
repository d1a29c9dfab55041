using NclueGateway.Http;

namespace NclueGateway.Tests.Http;

public sealed class OriginTests
{
    [Theory]
    [InlineData("https://app.example.com")]
    [InlineData("https://app.example.com:8443")]
    [InlineData("https://xn--bj0bj06e.example")]
    [InlineData("https://10.0.0.1")]
    [InlineData("http://localhost:5173")]
    [InlineData("http://127.0.0.1:5173")]
    [InlineData("http://[::1]:5173")]
    public void What_a_browser_would_send_is_an_origin(string origin) => Origin.Validate(origin).ShouldBeNull();

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("*")]
    [InlineData("app.example.com")]
    [InlineData("//app.example.com")]
    [InlineData("https://")]
    [InlineData("https://*.example.com")]
    [InlineData("https://app.example.com/")]
    [InlineData("https://app.example.com/path")]
    [InlineData("https://app.example.com?")]
    [InlineData("https://app.example.com#")]
    [InlineData("https://user@app.example.com")]
    [InlineData("https://user:canary@app.example.com")]
    [InlineData("https://@app.example.com")]
    [InlineData("https://app.example.com:443")]
    [InlineData("https://app.example.com:")]
    [InlineData("https://App.example.com")]
    [InlineData("HTTPS://app.example.com")]
    [InlineData("https://하늘.example")]
    [InlineData("https://app.example.com ")]
    [InlineData("https://app.example.com,https://b.example.com")]
    [InlineData("https://127.1")]
    [InlineData("https://app..example.com")]
    [InlineData("ftp://app.example.com")]
    [InlineData("file://")]
    [InlineData("http://app.example.com")]
    [InlineData("http://localhost.example.com")]
    [InlineData("http://10.0.0.1")]
    public void Nothing_else_is_and_no_value_is_repeated(string origin) =>
        Origin.Validate(origin).ShouldNotBeNull().ShouldNotContain("canary");
}
