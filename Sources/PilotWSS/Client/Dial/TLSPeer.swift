import PilotTransport

/// Who is at the other end of TLS, and how errors speak of it.
struct TLSPeer {
  /// A name or an IP address.
  let host: String
  /// Why the handshake has failed; with what is wrong with the certificate, if it is that.
  let failure: (any Error, CertificateFault?) -> TransportError
  /// The other end has hung up.
  let closed: () -> TransportError
}

extension TLSPeer {
  /// The beacon.
  static func beacon(_ beacon: WSSURL) -> TLSPeer {
    TLSPeer(host: beacon.host) { error, fault in
      fault.map { TransportError(untrusted: beacon, $0, cause: error) } ?? TransportError(securing: error, to: beacon)
    } closed: {
      .closedUnanswered(by: beacon)
    }
  }

  /// A proxy on the way.
  static func proxy(_ proxy: ProxyURL) -> TLSPeer {
    TLSPeer(host: proxy.host) { error, fault in
      TransportError(securing: error, to: proxy, fault)
    } closed: {
      .closedUnsecured(by: proxy)
    }
  }
}
