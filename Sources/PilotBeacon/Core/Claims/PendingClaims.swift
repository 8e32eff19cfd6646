internal import PilotTransport
internal import PilotWire

/// Claims to a node from elsewhere than where it is registered, which may come true: what was asked of the old endpoint, and
/// what came of it. A machine without a clock.
///
/// ```text
///                     ┌──tick──┐
///   open ──▶ asking(sent: 1…3) ┴─▶ decide ──▶ gone, and the router moves the node
///      │         └────── a sign of life ────▶ refused ── hold-down ──▶ open again
///      └───▶ watching  (can't be asked: only a report of ICMP tells)
/// ```
///
/// One claim for a node and its endpoint at a time: who comes second neither restarts it nor takes its place.
///
/// 256 sets of 4, found by the old endpoint, since the sign of life from there names nobody; a full set gives up its oldest.
/// So nobody can fill it for everyone, and a claim, a sign or a report of ICMP costs a look at 4 entries. A claim that is
/// given up leaves the node where it is.
struct PendingClaims: Sendable {
  /// What claims the node.
  enum Evidence: Equatable, Sendable, BitwiseCopyable {
    case discover(wantsDestination: Bool)
    /// A Relay in its name, from another port of its address.
    case relay
  }

  struct Claim: Equatable, Sendable, BitwiseCopyable {
    /// The probe, which says who is claimed, from where and when.
    let probe: EndpointProbe
    /// Which of this machine's addresses the claim was written to.
    let local: LocalAddress
    let evidence: Evidence
    /// What questions name; nil if there can't be any.
    let named: Endpoint?
  }

  private enum State: Equatable, Sendable, BitwiseCopyable {
    case watching
    /// So many questions have been sent.
    case asking(sent: UInt8)
    case refused(at: UInt64)
  }

  private struct Slot: Sendable, BitwiseCopyable {
    let claim: Claim
    var state: State
  }

  /// Whether a claim may be opened.
  enum Standing: Equatable, Sendable {
    case open
    /// There is one for this node, which has yet to be decided.
    case underWay
    /// One was refused lately: this claimant's, or anybody's a moment ago.
    case heldDown
  }

  /// What time has brought.
  enum Due: Equatable, Sendable {
    /// The next question is to be sent.
    case ask(Claim)
    /// None was answered.
    case decide(Claim)
  }

  static let capacity = 1_024
  /// How many questions a claim takes.
  static let questions: UInt8 = 3
  private static let ways = 4

  private let hash: KeyedHash
  /// From one question to the next, and to the decision.
  private let interval: UInt64
  /// How long who was refused is refused.
  private let holdDown: UInt64
  private var slots = [Slot?](repeating: nil, count: PendingClaims.capacity)
  /// When something is due for each slot; the greatest value if never.
  private var dues = [UInt64](repeating: .max, count: PendingClaims.capacity)
  /// No later than when something is due next; the greatest value if nothing is.
  private(set) var deadline = UInt64.max

  init(seed: UInt64, interval: UInt64, holdDown: UInt64) {
    hash = KeyedHash(seed: seed)
    self.interval = interval
    self.holdDown = holdDown
  }

  /// Whether a claim to a node at `endpoint`, from `claimant`, may be opened now.
  func standing(of node: NodeID, at endpoint: Endpoint, from claimant: Endpoint, now: UInt64) -> Standing {
    guard let slot = find(node, at: endpoint).flatMap({ slots[$0] }) else { return .open }
    switch slot.state {
    case .watching: return now.since(slot.claim.probe.askedAt) >= interval ? .open : .underWay
    case .asking: return .underWay
    case .refused(let time):
      let wait = slot.claim.probe.claimant.hasAddress(of: claimant) ? max(holdDown, interval) : interval
      return now.since(time) >= wait ? .open : .heldDown
    }
  }

  /// Opens a claim, in the place of any other to that node at that endpoint. If it has what a question names, the first
  /// one is to be sent now.
  mutating func open(_ claim: Claim) {
    let (node, endpoint) = (claim.probe.node, claim.probe.endpoint)
    let index = find(node, at: endpoint) ?? free(in: endpoint)
    slots[index] = Slot(claim: claim, state: claim.named == nil ? .watching : .asking(sent: 1))
    dues[index] = claim.named == nil ? .max : claim.probe.askedAt.addingClamped(interval)
    deadline = min(deadline, dues[index])
  }

  /// What is due by now, one thing at a time; nil if there is nothing more.
  ///
  /// A question gets half an interval to be answered, however late it was sent.
  mutating func next(at now: UInt64) -> Due? {
    guard now >= deadline else { return nil }
    guard let index = dues.firstIndex(where: { $0 <= now }), let slot = slots[index] else {
      deadline = dues.reduce(.max) { min($0, $1) }
      return nil
    }
    guard case .asking(let sent) = slot.state, sent < Self.questions else {
      clear(index)
      return .decide(slot.claim)
    }
    slots[index]?.state = .asking(sent: sent + 1)
    let regular = slot.claim.probe.askedAt.addingClamped(interval &* UInt64(sent + 1))
    dues[index] = max(regular, now.addingClamped(interval / 2))
    return .ask(slot.claim)
  }

  /// There is a sign of life of the node from where it is registered.
  mutating func refuse(_ claim: Claim, at now: UInt64) {
    let index = find(claim.probe.node, at: claim.probe.endpoint) ?? free(in: claim.probe.endpoint)
    slots[index] = Slot(claim: claim, state: .refused(at: now))
    dues[index] = .max
  }

  /// The claims for which this endpoint was asked and has yet to answer; and whether there is one that was refused within
  /// `echo`: an answer is repeated.
  func asked(at endpoint: Endpoint, now: UInt64, echo: UInt64) -> (claims: [Claim], hasAnswered: Bool) {
    var (claims, hasAnswered): ([Claim], Bool) = ([], false)
    for index in set(of: endpoint) {
      guard let slot = slots[index], slot.claim.probe.endpoint == endpoint else { continue }
      switch slot.state {
      case .watching: break
      case .asking: claims.append(slot.claim)
      case .refused(let time): hasAnswered = hasAnswered || now.since(time) <= echo
      }
    }
    return (claims, hasAnswered)
  }

  /// The claim to a node at this endpoint, if it was made within `timeout` and isn't refused.
  func claim(to node: NodeID, at endpoint: Endpoint, now: UInt64, timeout: UInt64) -> Claim? {
    guard let slot = find(node, at: endpoint).flatMap({ slots[$0] }) else { return nil }
    if case .refused = slot.state { return nil }
    return now.since(slot.claim.probe.askedAt) <= timeout ? slot.claim : nil
  }

  /// The node isn't at this endpoint any more, or nobody may claim it there.
  mutating func forget(_ node: NodeID, at endpoint: Endpoint) {
    if let index = find(node, at: endpoint) { clear(index) }
  }

  private mutating func clear(_ index: Int) {
    slots[index] = nil
    dues[index] = .max
  }

  /// The place for one more claim at this endpoint: an empty one, or else the oldest's.
  private func free(in endpoint: Endpoint) -> Int {
    let set = set(of: endpoint)
    return set.dropFirst().reduce(set.lowerBound) { age($1) < age($0) ? $1 : $0 }
  }

  private func find(_ node: NodeID, at endpoint: Endpoint) -> Int? {
    set(of: endpoint).first { index in
      slots[index]?.claim.probe.node == node && slots[index]?.claim.probe.endpoint == endpoint
    }
  }

  private func set(of endpoint: Endpoint) -> Range<Int> {
    let first = Int(hash(at: endpoint) % UInt64(Self.capacity / Self.ways)) * Self.ways
    return first..<first + Self.ways
  }

  /// Orders the slots by what to replace first: empty ones, then the oldest.
  private func age(_ index: Int) -> UInt64 {
    slots[index].map { $0.claim.probe.askedAt.addingClamped(1) } ?? 0
  }
}
