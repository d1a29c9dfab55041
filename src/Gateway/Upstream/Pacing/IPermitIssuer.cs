namespace NclueGateway.Upstream.Pacing;

/// <summary>The authority that grants permits to several replicas. It confirms late permits and records how each is used.</summary>
internal interface IPermitIssuer
{
    /// <summary>Waits until the request of a permit may be written.</summary>
    /// <exception cref="IOException">It may no longer be written.</exception>
    ValueTask ConfirmAsync(Permit permit);

    /// <summary>Records that the request was written, whole or in part.</summary>
    void Sent(Permit permit, bool onNewConnection);

    /// <summary>Records that the first request of a connection has arrived, if it ever will.</summary>
    void Delivered(Permit permit);
}
