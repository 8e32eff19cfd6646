import PilotWire

@testable import PilotBeacon

/// The router's rules written down once more, in the plainest way: dictionaries, seconds as they come, no bounds.
struct RouterModel {
  struct Entry {
    var endpoint: Endpoint
    var ex: Bool
    var proven = false
    var moved = false
    var answered = false
    var since: UInt64
    var heard: UInt64
    var discovered: UInt64
    var credit = 0
  }

  struct Peer {
    var connection: ConnectionID
    var isOwn: Bool
    var ex = false
    var paid: UInt64 = 0
  }

  struct Claim {
    enum State {
      case watching
      case asking(sent: UInt64, due: UInt64)
      case refused(at: UInt64)
    }

    var old: Endpoint
    var claimant: Endpoint
    /// nil if a Relay claimed.
    var ex: Bool?
    var at: UInt64
    var state: State
  }

  struct Former {
    var endpoint: Endpoint
    var until: UInt64
    var notBefore: UInt64
  }

  struct Greeting: Hashable {
    var node: NodeID
    var endpoint: Endpoint
  }

  static let second: UInt64 = 1_000_000_000
  /// Small limits, for all of them to matter, and a table of 8 parts, to be walked through all the time.
  static var configuration: RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.nodeCapacity = 16_384
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

  static func admitsFrame(_ paid: inout UInt64, perSecond: UInt64, _ now: UInt64) -> Bool {
    admits(&paid, interval: second / perSecond, burst: perSecond, now)
  }

  /// Whether the node can't be there, unproven, because as many others are.
  private func isFull(_ source: Endpoint, for node: NodeID) -> Bool {
    func isThere(_ entry: Entry) -> Bool { !entry.proven && entry.endpoint.low == source.low }
    if let known = entries[node], isThere(known) { return false }
    return entries.values.count(where: isThere) >= 2
  }

  /// Whether an endpoint gets so many bytes more.
  mutating func spend(on node: NodeID, at now: UInt64) -> Bool {
    guard let entry = entries[node], !entry.answered else { return true }
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
  var formers: [NodeID: Former] = [:]
  var greetings: [Greeting: UInt64] = [:]
  var everProven: Set<NodeID> = []
  /// When nodes that are attached no more have left.
  var departed: [NodeID: UInt64] = [:]
  /// When each sender was told last that a destination isn't here.
  var told: [NodeID: [NodeID: UInt64]] = [:]
  /// What the last relay has had its sender told.
  var gone: [RouterOutput] = []
  /// Connections that ended while their node was over UDP, too.
  private(set) var handovers: UInt64 = 0
  /// Whether the beacon knows its own address, and can ask.
  let asks: Bool
  /// Whom the last event has had asked, in order.
  var asked: [Endpoint] = []

  init(asks: Bool) {
    self.asks = asks
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
    asked = []
    if isStale(origin) { return .drop(.staleConnection) }
    switch origin {
    case .wss(_, let peer):
      guard peer == node else { return .drop(.nodeMismatch) }
      peers[node]?.ex = ex
      return .reply(origin)
    case .udp(let source, _):
      let invites = hasKey && invites(node, at: source, ex: ex, now)
      let probing = discover(node, from: source, ex: ex, bytes: hasKey ? 37 : 5, at: now)
      return .reply(origin, probing: probing ? node : nil, invites: invites)
    }
  }

  /// Returns whether there was a probe.
  private mutating func discover(
    _ node: NodeID, from source: Endpoint, ex: Bool, bytes: Int, at now: UInt64
  ) -> Bool {
    let known = live(node, at: now)
    if let known, known.endpoint == source {
      if known.proven { return false }
      entries[node]?.ex = ex
      entries[node]?.credit += bytes
      entries[node]?.heard = now
      entries[node]?.discovered = now
      greet(node, now)
      return false
    }
    if peers[node] != nil || everProven.contains(node) { return false }
    guard let known else {
      if isFull(source, for: node) { return false }
      entries[node] = Entry(endpoint: source, ex: ex, since: now, heard: now, discovered: now)
      greet(node, now)
      return false
    }
    return claim(node, known, from: source, ex: ex, at: now).probes
  }

  mutating func claim(
    _ node: NodeID, _ known: Entry, from source: Endpoint, ex: Bool?, at now: UInt64
  ) -> (probes: Bool, moves: Bool) {
    if ex != nil, let former = formers[node], former.endpoint == source, now < former.until, now >= former.notBefore {
      formers[node]?.notBefore = now + 30 * Self.second
      guard move(node, known, to: source, ex: ex, at: now) else { return (false, false) }
      if asks { open(node, at: source, from: known.endpoint, ex: known.ex, now) }
      return (asks, true)
    }
    if heldDown(known, at: now) { return (false, false) }
    if !asks, ex == nil || known.endpoint.hasAddress(of: source) || now - known.heard > 75 * Self.second {
      guard move(node, known, to: source, ex: ex, at: now) else { return (false, false) }
      remember(node, at: known.endpoint, now)
      return (false, true)
    }
    if let claim = claims[node], claim.old == known.endpoint {
      switch claim.state {
      case .watching: if now - claim.at < Self.second { return (false, false) }
      case .asking: return (false, false)
      case .refused(let time):
        let wait = claim.claimant.hasAddress(of: source) ? 30 * Self.second : Self.second
        if now - time < wait { return (false, false) }
      }
    }
    open(node, at: known.endpoint, from: source, ex: ex, now)
    return (true, false)
  }

  private mutating func open(_ node: NodeID, at old: Endpoint, from claimant: Endpoint, ex: Bool?, _ now: UInt64) {
    claims[node] = Claim(
      old: old, claimant: claimant, ex: ex, at: now,
      state: asks ? .asking(sent: 1, due: now + Self.second) : .watching)
    if asks { asked.append(old) }
  }

  /// Returns whether there is room for one more of its source.
  private mutating func move(
    _ node: NodeID, _ known: Entry, to source: Endpoint, ex: Bool?, at now: UInt64
  ) -> Bool {
    if isFull(source, for: node) { return false }
    claims[node] = nil
    entries[node] = Entry(
      endpoint: source, ex: ex ?? known.ex, moved: true, since: now, heard: now,
      discovered: ex == nil ? known.discovered : now, credit: ex == nil ? known.credit : 0)
    greet(node, now)
    return true
  }

  private mutating func remember(_ node: NodeID, at endpoint: Endpoint, _ now: UInt64) {
    if let former = formers[node], former.until > now { return }
    formers[node] = Former(endpoint: endpoint, until: now + 600 * Self.second, notBefore: now)
  }

  private mutating func greet(_ node: NodeID, _ now: UInt64) {
    guard asks, let entry = entries[node], !entry.answered else { return }
    greetings[Greeting(node: node, endpoint: entry.endpoint)] = now
    asked.append(entry.endpoint)
  }

  /// `PILP` from an endpoint.
  mutating func sign(from source: Endpoint, at now: UInt64) -> Reaction {
    asked = []
    var isAnswer = false
    for (node, claim) in claims where claim.old == source {
      switch claim.state {
      case .watching: break
      case .asking:
        guard live(node, at: now)?.endpoint == source else { continue }
        answered(node, now)
        claims[node]?.state = .refused(at: now)
        isAnswer = true
      case .refused(let time): if now - time <= 3 * Self.second { isAnswer = true }
      }
    }
    for (greeting, time) in greetings where greeting.endpoint == source {
      greetings[greeting] = nil
      guard now - time <= 3 * Self.second, live(greeting.node, at: now)?.endpoint == source else { continue }
      answered(greeting.node, now)
      isAnswer = true
    }
    return isAnswer ? .nothing : .drop(.tunnelFrame)
  }

  private mutating func answered(_ node: NodeID, _ now: UInt64) {
    entries[node]?.answered = true
    entries[node]?.heard = now
  }

  /// Returns what is to be done.
  mutating func tick(at now: UInt64) -> [RouterOutput] {
    var outputs: [RouterOutput] = []
    for (node, claim) in claims {
      guard case .asking(let sent, let due) = claim.state, due <= now else { continue }
      guard let known = live(node, at: now), known.endpoint == claim.old, !known.proven else {
        claims[node] = nil
        continue
      }
      asked = []
      if known.heard > claim.at {
        claims[node]?.state = .refused(at: now)
      } else if sent < 3 {
        let due = max(claim.at + (sent + 1) * Self.second, now + Self.second / 2)
        claims[node]?.state = .asking(sent: sent + 1, due: due)
        asked = [claim.old]
      } else {
        claims[node] = nil
        if move(node, known, to: claim.claimant, ex: claim.ex, at: now) {
          remember(node, at: claim.old, now)
          outputs.append(.reply(.udp(claim.claimant)))
        }
      }
      outputs += asked.map { .punch(.udp($0), PunchCommand(endpoint: RouterHarness.asking)) }
    }
    return outputs
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

  mutating func attach(_ node: NodeID, _ connection: ConnectionID, isOwn: Bool) -> ConnectionID? {
    if entries[node]?.proven == false { (entries[node], claims[node]) = (nil, nil) }
    let previous = peers[node]?.connection
    if previous != connection { peers[node] = Peer(connection: connection, isOwn: isOwn, paid: peers[node]?.paid ?? 0) }
    return previous == connection ? nil : previous
  }

  mutating func revoke(_ node: NodeID) {
    everProven.remove(node)
    if entries[node]?.proven == true { entries[node] = nil }
  }

  /// Who is attached has proven what it says over UDP, or isn't there.
  mutating func revokeAll() {
    everProven = []
    entries = entries.filter { !$0.value.proven || peers[$0.key] == nil }
    for node in entries.keys { entries[node]?.proven = false }
  }

  mutating func detach(_ node: NodeID, _ connection: ConnectionID, at now: UInt64) -> Bool {
    guard peers[node]?.connection == connection else { return false }
    peers[node] = nil
    if live(node, at: now) != nil { handovers += 1 } else { departed[node] = now }
    return true
  }

  mutating func unreachable(_ endpoint: Endpoint, at now: UInt64) -> Set<Hop> {
    var answers: Set<Hop> = []
    for (node, claim) in claims where claim.old == endpoint {
      if case .refused = claim.state { continue }
      guard now - claim.at <= 2 * Self.second, let known = live(node, at: now), known.endpoint == endpoint,
        known.heard <= claim.at, !known.proven
      else { continue }
      guard move(node, known, to: claim.claimant, ex: claim.ex, at: now) else { continue }
      remember(node, at: endpoint, now)
      answers.insert(.udp(claim.claimant))
    }
    return answers
  }

  mutating func proven(_ node: NodeID, from source: Endpoint, issuedAt: UInt64, ex: Bool, at now: UInt64) -> Bool {
    if let known = live(node, at: now), known.proven, known.endpoint != source, issuedAt <= known.since { return false }
    entries[node] = Entry(
      endpoint: source, ex: ex, proven: true, answered: true, since: now, heard: now, discovered: now)
    (claims[node], formers[node]) = (nil, nil)
    everProven.insert(node)
    return true
  }
}
