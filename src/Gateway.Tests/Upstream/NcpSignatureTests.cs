using NclueGateway.Upstream.Signing;

namespace NclueGateway.Tests.Upstream;

public sealed class NcpSignatureTests
{
    /// <remarks>
    /// The first is the fixed vector of a public SDK for the same scheme (GreedyLabs ncloud-community-sdk, sdk/auth/hmacv2_test.go). The
    /// others were computed with openssl from the rules of https://api.ncloud-docs.com/docs/common-ncpapi.
    /// </remarks>
    [Theory]
    [InlineData("POST", "/vserver/v2/createServerInstances?regionCode=KR", "xBcE26XFU55BMjppdPT7ZY3oDrqoOedfPyAn3Cq4lUw=")]
    [InlineData("GET", "/api/v1/task-runs", "JYSRL1giV3migninIEZUDYaQLYd/YxfeULFb5oKrops=")]
    [InlineData("GET", "/api/v1/task-runs?index=0&limit=20", "jB7o9tsECpOIDrmzeVeHlPU7abSKq6X/X11jCsT28Wo=")]
    [InlineData("GET", "/api/v1/task-runs?limit=20&index=0", "0J7gINp+AZLqThxt8sL4qZ/yKZo+fHPGtScJQvm/4yw=")]
    [InlineData("GET", "/api/v1/task-runs?index=0&limit=100", "yXTmgqQ1CCecjo041EYDTn9efxo9W3zn3oZ2CrdevvM=")]
    [InlineData("GET", "/api/v1/task-runs/ef667a87-0000-4000-8000-88fb69a9aff7", "z5qWhe2tmNzJttjo2RCymoA7A09JR6QbYeKuR1P0CrA=")]
    [InlineData("GET", "/photos/puppy.jpg?query1=&query2", "/mJ1EzdbBgHdNQmHAnXGxQ8RfeESiw9oMTj/W/jyAFE=")]
    public void A_request_is_signed_as_NCP_signs_it(string method, string pathAndQuery, string signature) =>
        NcpSignature.Sign(method, pathAndQuery, 1_700_000_000_000, "AK_TEST", "SK_TEST").ShouldBe(signature);

    [Theory]
    [InlineData("get", "/a", 1, "AK", "SK")]
    [InlineData("GET", "/A", 1, "AK", "SK")]
    [InlineData("GET", "/a?", 1, "AK", "SK")]
    [InlineData("GET", "/a", 2, "AK", "SK")]
    [InlineData("GET", "/a", 1, "ak", "SK")]
    [InlineData("GET", "/a", 1, "AK", "SK ")]
    public void A_different_input_has_a_different_signature(
        string method, string pathAndQuery, long time, string accessKey, string secretKey) =>
        NcpSignature.Sign(method, pathAndQuery, time, accessKey, secretKey).ShouldNotBe(NcpSignature.Sign("GET", "/a", 1, "AK", "SK"));

    [Fact]
    public void A_secret_key_is_text_even_where_it_looks_like_base64() =>
        NcpSignature.Sign("GET", "/a", 1, "AK", "c2VjcmV0").ShouldNotBe(NcpSignature.Sign("GET", "/a", 1, "AK", "secret"));
}
