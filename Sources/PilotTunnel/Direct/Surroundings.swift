package import PilotWire

/// What a node knows of the network that it is on, as far as direct paths are concerned.
package struct Surroundings: Hashable, Sendable {
  /// Where peers may reach it, in the order in which that is likely: what the beacon sees over UDP, then its own addresses with
  /// the socket's port. Peers with a session are told of the first 8.
  package var own: [Endpoint]
  /// Its beacon over UDP; nil if there is none, which then isn't asked to punch.
  package var beacon: Endpoint?
  /// Whether there is a UDP socket. Without one every peer is reached by the relay.
  package var hasDatagrams: Bool

  /// What is known.
  ///
  /// - Parameters:
  ///   - own: Where peers may reach the node.
  ///   - beacon: Its beacon over UDP.
  ///   - hasDatagrams: Whether there is a UDP socket.
  package init(own: [Endpoint] = [], beacon: Endpoint? = nil, hasDatagrams: Bool = true) {
    self.own = own
    self.beacon = beacon
    self.hasDatagrams = hasDatagrams
  }

  /// Whether a probe may be sent to an address that somebody names.
  ///
  /// A peer may name its site's addresses; a beacon may not, unless it is of a site itself: it would tell a node whom to knock
  /// at behind its own firewall. Ports below 1024 are servers' and no peer's, until a frame of the peer's has opened that came
  /// from there.
  func allows(_ endpoint: Endpoint, from origin: CandidateOrigin) -> Bool {
    guard let scope = AddressScope(of: endpoint), endpoint != beacon, !own.contains(endpoint) else { return false }
    if origin != .heard, endpoint.port < 1_024 { return false }
    let nearest = beacon.flatMap { AddressScope(of: $0) } ?? .world
    switch scope {
    case .machine: return nearest == .machine
    case .site: return origin != .commanded || nearest <= .site
    case .world: return true
    }
  }
}
