namespace NclueGateway.Upstream.Pacing;

/// <summary>The authority that grants departures to several replicas: it confirms late ones and learns what becomes of each.</summary>
internal interface IPermitIssuer
{
    /// <summary>Completes when the request of a departure may be written.</summary>
    /// <exception cref="IOException">It may no longer be written.</exception>
    ValueTask ConfirmAsync(Permit departure);

    /// <summary>Records that the request was written, whole or in part.</summary>
    void Sent(Permit departure, bool onNewConnection);

    /// <summary>Records that the first request of a connection has arrived, if it ever will.</summary>
    void Delivered(Permit departure);
}
