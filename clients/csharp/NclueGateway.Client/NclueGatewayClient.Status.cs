namespace NclueGateway.Client;

/// <content>The status of the gateway.</content>
public sealed partial class NclueGatewayClient
{
    /// <summary>
    /// Reads the status of the gateway: of its requests to NCLUE, of its copy of the whole list, and of its replicas.
    /// </summary>
    /// <remarks>
    /// It succeeds also while NCLUE fails. It causes no request to NCLUE, and does not make the gateway read the list.
    /// <see cref="GatewayContent.AsOf"/> is the time of the response.
    /// </remarks>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public Task<GatewayStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(new Uri(_list, "status"), known: null, ContentJson.ReadStatus, cancellationToken);
}
