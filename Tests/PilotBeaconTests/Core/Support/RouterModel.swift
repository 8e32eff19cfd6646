import PilotWire

@testable import PilotBeacon

/// The router's rules written down once more, in the plainest way: dictionaries, seconds as they come, no bounds.
struct RouterModel {
  struct Entry {
    var endpoint: Endpoint
    var ex: Bool
    var proven = false
    var moved = false
    var since: UInt64
    var heard: UInt64
    var discovered: UInt64
    var credit = 0
  }

  struct Peer {
    var connection: ConnectionID
    var ex = false
    var paid: UInt64 = 0
  }

  struct Claim {
    var old: Endpoint
    var claimant: Endpoint
    var ex: Bool
    var at: UInt64
  }

  static let second: UInt64 = 1_000_000_000
  /// Small limits, for all of them to matter.
  static var configuration: RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.relayRate = 3
    configuration.nodesPerSource = 2
    configuration.unansweredCredit = 160
    configuration.creditPerByteHeard = 1
    return configuration
  }
  /// What every Relay of a run has.
  static let relayBytes = 13

  var entries: [NodeID: Entry] = [:]
  var peers: [NodeID: Peer] = [:]
  var claims: [NodeID: Claim] = [:]
  /// When what each address, or proven node, has had relayed will have taken its time.
  var paidByAddress: [UInt64: UInt64] = [:]
  var paidByNode: [NodeID: UInt64] = [:]
  /// The same of the credit that was given out, by address.
  var credited: [UInt64: UInt64] = [:]

  /// What the router does when it looks for what has run out everywhere.
  mutating func expire(at now: UInt64) {
    entries = entries.filter { live($0.key, at: now) != nil }
  }

  /// The generic cell rate algorithm.
  private static func admits(_ paid: inout UInt64, interval: UInt64, burst: UInt64, _ now: UInt64) -> Bool {
    guard paid <= now + interval * (burst - 1) else { return false }
    paid = max(paid, now) + interval
    return true
  }

  private static func admitsFrame(_ paid: inout UInt64, perSecond: UInt64, _ now: UInt64) -> Bool {
    admits(&paid, interval: second / perSecond, burst: perSecond, now)
  }

  /// Whether the node can't be there, unproven, because as many others are.
  private func isFull(_ source: Endpoint, for node: NodeID) -> Bool {
    func isThere(_ entry: Entry) -> Bool { !entry.proven && entry.endpoint.low == source.low }
    if let known = entries[node], isThere(known) { return false }
    return entries.values.count(where: isThere) >= 2
  }

  /// Whether an endpoint gets so many bytes more.
  private mutating func spend(on node: NodeID, at now: UInt64) -> Bool {
    guard let entry = entries[node], !entry.proven else { return true }
    var credit = entry.credit
    defer { entries[node]?.credit = credit }
    while credit < Self.relayBytes {
      let hour = 3_600 * Self.second
      let address = entry.endpoint.low
      guard Self.admits(&credited[address, default: 0], interval: hour, burst: 16, now) else { return false }
      credit += 10
    }
    credit -= Self.relayBytes
    return true
  }

  func live(_ node: NodeID, at now: UInt64) -> Entry? {
    guard let entry = entries[node], now - entry.discovered < 600 * Self.second else { return nil }
    return entry
  }

  func isStale(_ origin: FrameOrigin) -> Bool {
    guard case .wss(let connection, let node) = origin else { return false }
    return peers[node]?.connection != connection
  }

  mutating func discover(
    _ node: NodeID, from origin: FrameOrigin, ex: Bool, hasKey: Bool, at now: UInt64
  ) -> Reaction {
    if isStale(origin) { return .drop(.staleConnection) }
    switch origin {
    case .wss(_, let peer):
      guard peer == node else { return .drop(.nodeMismatch) }
      peers[node]?.ex = ex
      return .reply(origin)
    case .udp(let source, _):
      let known = live(node, at: now)
      let invites = hasKey && invites(node, at: source, ex: ex, now)
      if let known, known.endpoint == source {
        if known.proven { return .reply(origin, invites: invites) }
        entries[node]?.ex = ex
        entries[node]?.credit += hasKey ? 37 : 5
        entries[node]?.heard = now
        entries[node]?.discovered = now
        return .reply(origin, invites: invites)
      }
      if peers[node] != nil { return .reply(origin, invites: invites) }
      guard let known else {
        if isFull(source, for: node) { return .reply(origin, invites: invites) }
        entries[node] = Entry(endpoint: source, ex: ex, since: now, heard: now, discovered: now)
        return .reply(origin, invites: invites)
      }
      if known.proven || heldDown(known, at: now) { return .reply(origin, invites: invites) }
      if known.endpoint.hasAddress(of: source) || now - known.heard > 75 * Self.second {
        if isFull(source, for: node) { return .reply(origin, invites: invites) }
        entries[node] = Entry(endpoint: source, ex: ex, moved: true, since: now, heard: now, discovered: now)
        return .reply(origin, invites: invites)
      }
      if let claim = claims[node], now - claim.at < Self.second { return .reply(origin, invites: invites) }
      claims[node] = Claim(old: known.endpoint, claimant: source, ex: ex, at: now)
      return .reply(origin, probing: node, invites: invites)
    }
  }

  private func invites(_ node: NodeID, at source: Endpoint, ex: Bool, _ now: UInt64) -> Bool {
    if let known = live(node, at: now), known.proven, known.endpoint == source, known.ex == ex,
      now - known.discovered < 300 * Self.second
    {
      return false
    }
    return true
  }

  func heldDown(_ entry: Entry, at now: UInt64) -> Bool {
    entry.moved && now - entry.since < 30 * Self.second
  }

  mutating func relay(_ sender: NodeID, to destination: NodeID, from origin: FrameOrigin, at now: UInt64)
    -> Reaction
  {
    if isStale(origin) { return .drop(.staleConnection) }
    switch origin {
    case .wss(_, let peer):
      guard peer == sender else { return .drop(.senderMismatch) }
      var paid = peers[peer]?.paid ?? 0
      defer { peers[peer]?.paid = paid }
      guard Self.admitsFrame(&paid, perSecond: 30, now) else { return .drop(.rateLimited) }
    case .udp(let source, _):
      guard let known = live(sender, at: now) else { return .drop(.senderUnknown) }
      if known.endpoint == source {
        entries[sender]?.heard = now
        entries[sender]?.credit += Self.relayBytes
      } else {
        guard !known.proven, known.endpoint.hasAddress(of: source) else { return .drop(.senderMismatch) }
        if !heldDown(known, at: now) {
          guard now - known.heard > 30 * Self.second else { return .drop(.senderMismatch) }
          entries[sender] = Entry(
            endpoint: source, ex: known.ex, moved: true, since: now, heard: now, discovered: known.discovered,
            credit: known.credit)
        }
      }
      let isAdmitted =
        known.proven
        ? Self.admitsFrame(&paidByNode[sender, default: 0], perSecond: 30, now)
        : Self.admitsFrame(&paidByAddress[source.low, default: 0], perSecond: 3, now)
      guard isAdmitted else { return .drop(.rateLimited) }
    }
    func header(_ ex: Bool) -> DeliverHeader {
      ex ? DeliverHeader(sender: sender, destination: destination) : DeliverHeader(sender: sender)
    }
    if let peer = peers[destination] { return .deliverWSS(peer.connection, header(peer.ex)) }
    if let known = live(destination, at: now) {
      guard spend(on: destination, at: now) else { return .drop(.unansweredEndpoint) }
      return .deliverUDP(known.endpoint, header(known.ex))
    }
    return .drop(.destinationUnknown)
  }

  mutating func attach(_ node: NodeID, _ connection: ConnectionID) -> ConnectionID? {
    if entries[node]?.proven == false { entries[node] = nil }
    let previous = peers[node]?.connection
    if previous != connection { peers[node] = Peer(connection: connection, paid: peers[node]?.paid ?? 0) }
    return previous == connection ? nil : previous
  }

  mutating func detach(_ node: NodeID, _ connection: ConnectionID) -> Bool {
    guard peers[node]?.connection == connection else { return false }
    peers[node] = nil
    return true
  }

  mutating func unreachable(_ endpoint: Endpoint, at now: UInt64) -> Set<Hop> {
    var answers: Set<Hop> = []
    for (node, claim) in claims where claim.old == endpoint {
      guard now - claim.at <= 2 * Self.second else { continue }
      claims[node] = nil
      guard let known = live(node, at: now), known.endpoint == endpoint,
        known.heard <= claim.at, !known.proven, !heldDown(known, at: now), !isFull(claim.claimant, for: node)
      else { continue }
      entries[node] = Entry(
        endpoint: claim.claimant, ex: claim.ex, moved: true, since: now, heard: now, discovered: now)
      answers.insert(.udp(claim.claimant))
    }
    return answers
  }

  mutating func proven(_ node: NodeID, from source: Endpoint, issuedAt: UInt64, ex: Bool, at now: UInt64) -> Bool {
    if let known = live(node, at: now), known.proven, known.endpoint != source, issuedAt <= known.since { return false }
    entries[node] = Entry(endpoint: source, ex: ex, proven: true, since: now, heard: now, discovered: now)
    return true
  }
}
