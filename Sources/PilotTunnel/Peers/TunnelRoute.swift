package import PilotWire

/// By which route a frame of a peer's came, or is to go.
package enum TunnelRoute: Hashable, Sendable {
  /// Through the beacon.
  case relay
  /// Straight between the two, at this address of the peer's.
  case direct(Endpoint)
}

extension TunnelRoute: CustomStringConvertible {
  /// `relay`, or the address.
  package var description: String {
    switch self {
    case .relay: "relay"
    case .direct(let endpoint): "\(endpoint)"
    }
  }
}
