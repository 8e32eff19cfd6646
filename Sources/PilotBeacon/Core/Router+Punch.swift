public import PilotTransport
public import PilotWire

/// Two nodes that are to be told where to punch: ``Router/commands(for:at:)`` says what exactly.
public struct PunchPair: Hashable, Sendable {
  /// Who has asked.
  public let requester: NodeID
  /// Whom it wants to reach.
  public let target: NodeID
}

/// Who is told to punch where: the answer to a PunchRequest.
///
/// Each side is told over the way that it gets everything: its WSS connection if it has one, else its UDP endpoint.
public struct PunchCommands: Equatable, Sendable {
  /// A PunchCommand.
  public struct Command: Equatable, Sendable {
    /// Whom to send it to.
    public let recipient: FrameOrigin
    /// Which endpoint it names.
    public let endpoint: Endpoint
  }

  /// What the requester gets.
  public let requester: Command
  /// What the target gets; nil if the requester has no UDP endpoint that could be named to it.
  public let target: Command?
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
    guard punchSources.admits(hash(origin), at: now.nanoseconds) else { return refuse(.limited) }
    let pair = PunchPair(requester: request.requester, target: request.target)
    guard commands(for: pair, at: now) != nil else { return refuse(.unreachable) }
    guard request.grant != nil || !bounds.requiresPunchGrant else { return refuse(.ungranted) }
    guard request.grant == nil else {
      // What is served in all is reckoned when the grant has held: a worthless one takes nothing from others.
      guard grantsInAll.admits(at: now.nanoseconds) else { return refuse(.limited) }
      counters.punches.count(.submitted)
      return .verifyGrant(from: origin)
    }
    guard punchesInAll.admits(at: now.nanoseconds) else { return refuse(.limited) }
    counters.punches.count(.served)
    return .punch(pair)
  }

  /// The driver has verified a request's grant.
  ///
  /// - Returns: Who is to be told; nil if one side has gone meanwhile, or enough was served in this second.
  public mutating func granted(
    _ request: PunchRequest, from origin: FrameOrigin, at now: MonotonicInstant
  ) -> PunchPair? {
    let pair = PunchPair(requester: request.requester, target: request.target)
    guard isBound(pair.requester, to: origin, at: now.nanoseconds), commands(for: pair, at: now) != nil else {
      counters.grants.count(.outlived)
      return nil
    }
    guard punchesInAll.admits(at: now.nanoseconds) else {
      counters.grants.count(.limited)
      return nil
    }
    counters.grants.count(.served)
    return pair
  }

  /// The driver has not accepted a request's grant.
  public mutating func grantRefused(_ outcome: GrantOutcome) {
    counters.grants.count(outcome)
  }

  private mutating func refuse(_ outcome: PunchOutcome) -> RouterAction {
    counters.punches.count(outcome)
    return .nothing
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
  public func commands(for pair: PunchPair, at now: MonotonicInstant) -> PunchCommands? {
    guard pair.requester != pair.target, let target = nodes.live(pair.target, at: now.nanoseconds) else { return nil }
    let requester = nodes.live(pair.requester, at: now.nanoseconds)
    guard let toRequester = recipient(pair.requester, requester), let toTarget = recipient(pair.target, target)
    else { return nil }
    return PunchCommands(
      requester: PunchCommands.Command(recipient: toRequester, endpoint: target.endpoint),
      target: requester.map { PunchCommands.Command(recipient: toTarget, endpoint: $0.endpoint) })
  }

  private func recipient(_ node: NodeID, _ registration: Registration?) -> FrameOrigin? {
    if let peer = wss.peer(node) { return .wss(ConnectionID(rawValue: peer.connection), node) }
    return registration.map { .udp($0.endpoint, $0.local) }
  }

  /// The source that requests are counted by: the address, or the authenticated node.
  private func hash(_ origin: FrameOrigin) -> UInt64 {
    switch origin {
    case .udp(let source, _): sourceHash(addressOf: source)
    case .wss(_, let node): sourceHash(node.rawValue)
    }
  }
}
