import PilotTransport
import PilotWire

/// From how far a candidate is reached. The nearest is the least.
enum AddressScope: Comparable, Sendable {
  /// From this machine alone.
  case machine
  /// From a site, or behind a carrier's NAT: two of a carrier's customers may well reach each other there, and what is sent to a
  /// candidate is sealed, to whom a peer's key says and nobody else.
  case site
  /// From the whole network.
  case world

  /// Nil for an address where no peer can be: one of no machine, and link-local ones, since the wire carries no zone, and since
  /// clouds keep their instances' secrets at 169.254.169.254.
  init?(of endpoint: Endpoint) {
    guard endpoint.port != 0 else { return nil }
    switch AddressKind(of: endpoint) {
    case .loopback: self = .machine
    case .privateUse, .shared: self = .site
    case .global: self = .world
    case .linkLocal, .reserved: return nil
    }
  }
}
