package import PilotWire

/// Why a connection ended before it was upgraded, or a request to a status port wasn't served. For logs and counters.
package struct HandshakeFailure: Sendable, Equatable {
  /// The kinds, under stable names.
  package enum Reason: String, Sendable, CaseIterable {
    /// Its address is not allowed, or denied.
    case denied
    /// Its source dials too often.
    case dialLimited = "dial_limited"
    /// Its source has taken its share of connections that aren't authenticated: the oldest of them goes.
    case sourceFull = "source_full"
    /// All places are taken: the oldest of the source that holds most goes.
    case displaced
    /// All places belong to those who are authenticated.
    case noRoom = "no_room"
    /// As many as there may be are authenticated: 503.
    case atCapacity = "at_capacity"
    /// The beacon shuts down: 503.
    case draining
    /// It begins with the header of the PROXY protocol, and isn't from a trusted proxy.
    case proxyUntrusted = "proxy_untrusted"
    /// A trusted proxy's header is broken.
    case proxyMalformed = "proxy_malformed"
    /// It doesn't begin as TLS does.
    case notTLS = "not_tls"
    /// No version of TLS is common.
    case tlsVersion = "tls_version"
    /// No cipher, curve or kind of signature is common.
    case tlsParameters = "tls_parameters"
    /// The other end doesn't take the certificate, or sent another alert.
    case tlsAlert = "tls_alert"
    /// The other end hung up during the TLS handshake.
    case tlsClosed = "tls_closed"
    /// TLS failed for another reason.
    case tlsOther = "tls_other"
    /// It doesn't begin as HTTP does.
    case notHTTP = "not_http"
    /// Broken HTTP: 400.
    case badRequest = "bad_request"
    /// A head beyond the limits: 431.
    case headTooLarge = "head_too_large"
    /// A request that is answered with an error, since it asks for something else: 400, 404, 405, 421, 426.
    case refusedRequest = "refused_request"
    /// It took too long.
    case timedOut = "timed_out"
    /// The other end hung up without having asked for anything.
    case hungUp = "hung_up"
    /// The system ended it.
    case broken
  }

  package let reason: Reason
  /// Whom it came from, as far as that was known.
  package let remote: Endpoint
  /// More about it: a status, the TLS library's words. Never what the other end chose.
  package let detail: String?

  package init(_ reason: Reason, remote: Endpoint, detail: String? = nil) {
    (self.reason, self.remote, self.detail) = (reason, remote, detail)
  }
}
