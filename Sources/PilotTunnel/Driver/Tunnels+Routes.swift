import PilotNode
import PilotTransport
import PilotWire
import Synchronization

/// By which route each peer is reached, and what the network says of it.
extension Tunnels {
  /// Packets to a peer go by another route, or not at all any more. Called under the state's lock.
  func carry(_ id: NodeID, _ route: SealedRoute?) {
    peer(id).carry(route)
    tellRoute(of: id, route)
  }

  private func tellRoute(of peer: NodeID, _ sealed: SealedRoute?) {
    let route = sealed.map { peerRoute($0.route) } ?? PeerRoute.none
    let isNew = told.withLock { told in
      let before = told[peer] ?? PeerRoute.none
      told[peer] = route == .none ? nil : route
      return before != route
    }
    if isNew { tell(.route(peer, route)) }
  }

  /// The node has changed its own path: what goes by the relay goes by another route, too.
  func tellAllRoutes() {
    state.withLock { state in
      for peer in state.peers { tellRoute(of: peer, self.peer(peer).sealedRoute) }
    }
  }

  /// Whether packets to a peer go directly at the moment.
  func reachesDirectly(_ peer: NodeID) -> Bool { told.withLock { $0[peer] == .direct } }

  /// What a route is told as.
  func peerRoute(_ route: TunnelRoute) -> PeerRoute {
    guard route == .relay else { return .direct }
    let active = node.path.map { node.paths[$0.index].kind } ?? node.paths.first?.kind
    return active == .connection ? .relayOverWSS : .relayOverUDP
  }

  // MARK: The network

  /// Tells the paths where this node is, as far as that is known.
  func surround() {
    let local = LocalAddresses.current()
    let surroundings = surroundings(local)
    drive { $0.surround(by: surroundings, at: .now()) }
  }

  private func surroundings(_ local: [Endpoint]) -> Surroundings {
    guard let datagrams = node.datagrams else { return Surroundings(hasDatagrams: false) }
    var own: [Endpoint] = []
    if case .ready(let observed?) = node.state { own.append(observed) }
    let port = datagrams.local.port
    for address in local {
      let endpoint = Endpoint(high: address.high, low: address.low, scope: 0, port: port)
      if !own.contains(endpoint) { own.append(endpoint) }
    }
    return Surroundings(own: own, beacon: datagrams.beacon)
  }

  /// Where the network changes, everything about direct paths is found out anew.
  func followNetwork() async {
    guard configuration.usesDirectPaths, node.datagrams != nil, let watcher = try? NetworkWatcher() else { return }
    while await watcher.next() != nil {
      surround()
      drive { $0.networkChanged(at: .now()) }
    }
  }

  /// What the network reports of addresses that were sent to.
  func follow(_ transport: any Transport) async {
    for await event in transport.events {
      guard case .unreachable(let endpoint, _, let quoted) = event else { continue }
      drive { $0.unreachable(endpoint, quoting: quoted.bytes, at: .now()) }
    }
  }
}
