package import PilotWire

/// A step of a dial that is done, for whoever wants to see how far it gets.
package enum DialProgress: Sendable, Equatable {
  /// There is a TCP connection, to the beacon or to the proxy.
  case connected(to: Endpoint?)
  /// The proxy has opened the way.
  case tunnelled
  /// The beacon's certificate was taken.
  case secured(TLSSummary)
  /// The connection is a WebSocket of this subprotocol.
  case upgraded(subprotocol: String)
  /// The beacon takes this node's frames.
  case authenticated
}

/// What a connection is secured with, for people: names are printable and bounded.
package struct TLSSummary: Sendable, Equatable {
  /// `TLS 1.3`.
  package let version: String
  /// Who has signed the beacon's certificate. A proxy that opens connections shows itself here.
  package let issuer: String
  /// When it runs out, in seconds since 1970.
  package let expiry: Int

  package init(version: String, issuer: String, expiry: Int) {
    self.version = version
    self.issuer = issuer
    self.expiry = expiry
  }
}
