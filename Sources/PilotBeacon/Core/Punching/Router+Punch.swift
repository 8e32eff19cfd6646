internal import PilotTransport
internal import PilotWire

/// Who is told to punch where: each side over the way that it gets everything, its WSS connection if it has one, else its
/// UDP endpoint.
private struct PunchSides {
  /// Whom the requester's command goes to, and what it names.
  let requester: (hop: Hop, naming: Endpoint)
  /// The same of the target; nil if the requester has no UDP endpoint that could be named to it.
  let target: (hop: Hop, naming: Endpoint)?
}

extension Router {
  /// A PunchRequest: both sides are told if the requester is who and where it says, the target has a UDP endpoint, and
  /// nobody asks too often. Whatever isn't due is met with the same silence (wire reference, section 2).
  mutating func punch(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) -> RouterAction {
    let request: PunchRequest
    do throws(WireError) {
      request = try PunchRequest(parsing: frame)
    } catch {
      return drop(RouterDropReason(error))
    }
    guard isBound(request.requester, to: origin, at: now.nanoseconds) else { return refuse(.unbound) }
    guard limits.punchSources.admits(hash(origin), at: now.nanoseconds) else { return refuse(.limited) }
    guard let sides = sides(of: request, at: now) else { return refuse(.unreachable) }
    guard request.grant != nil || !bounds.requiresPunchGrant else { return refuse(.ungranted) }
    guard request.grant == nil else {
      // What is served in all is reckoned when the grant has held: a worthless one takes nothing from others.
      guard limits.grantsInAll.admits(at: now.nanoseconds) else { return refuse(.limited) }
      counters.punches.count(.submitted)
      put(.verify(.grant(request, from: origin)))
      return .taken
    }
    guard limits.punchesInAll.admits(at: now.nanoseconds) else { return refuse(.limited) }
    counters.punches.count(.served)
    tell(sides)
    return .taken
  }

  /// A request's grant holds: both are told, unless one side has gone meanwhile, or enough was served in this second.
  mutating func granted(_ request: PunchRequest, from origin: FrameOrigin, at now: MonotonicInstant) {
    guard isBound(request.requester, to: origin, at: now.nanoseconds), let sides = sides(of: request, at: now) else {
      return counters.grants.count(.outlived)
    }
    guard limits.punchesInAll.admits(at: now.nanoseconds) else { return counters.grants.count(.limited) }
    counters.grants.count(.served)
    tell(sides)
  }

  private mutating func tell(_ sides: PunchSides) {
    put(.punch(sides.requester.hop, PunchCommand(endpoint: sides.requester.naming)))
    if let target = sides.target { put(.punch(target.hop, PunchCommand(endpoint: target.naming))) }
  }

  private mutating func refuse(_ outcome: PunchOutcome) -> RouterAction {
    counters.punches.count(outcome)
    return .taken
  }

  /// Whether a node is just there, by its connection or its registration. The source of a request is never taken for a new
  /// endpoint.
  private func isBound(_ node: NodeID, to origin: FrameOrigin, at now: UInt64) -> Bool {
    switch origin {
    case .wss(let connection, let peer): peer == node && wss.isCurrent(connection, of: node)
    case .udp(let source, _): nodes.live(node, at: now)?.endpoint == source
    }
  }

  /// What two nodes are to be told; nil if the target has no UDP endpoint, or one side can't be told.
  private func sides(of request: PunchRequest, at now: MonotonicInstant) -> PunchSides? {
    guard request.requester != request.target, let target = nodes.live(request.target, at: now.nanoseconds)
    else { return nil }
    let requester = nodes.live(request.requester, at: now.nanoseconds)
    guard let toRequester = hop(to: request.requester, requester), let toTarget = hop(to: request.target, target)
    else { return nil }
    return PunchSides(
      requester: (toRequester, naming: target.endpoint), target: requester.map { (toTarget, naming: $0.endpoint) })
  }

  private func hop(to node: NodeID, _ registration: Registration?) -> Hop? {
    if let peer = wss.peer(node) { return .wss(ConnectionID(rawValue: peer.connection)) }
    return registration.map { .udp($0.endpoint, from: $0.local) }
  }

  /// The source that requests are counted by: the address, or the authenticated node.
  private func hash(_ origin: FrameOrigin) -> UInt64 {
    switch origin {
    case .udp(let source, _): sourceHash(addressOf: source)
    case .wss(_, let node): sourceHash(node.rawValue)
    }
  }
}
