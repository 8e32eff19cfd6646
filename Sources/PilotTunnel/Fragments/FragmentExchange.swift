import PilotTransport
import PilotWire

/// Fragments of all peers: which of them takes some, and what has come of theirs. A value without clock or lock.
struct FragmentExchange: Sendable {
  /// What a packet about fragments has come to.
  enum OnPacket: Equatable, Sendable {
    /// It was the last fragment that was missing: the datagram.
    case complete([UInt8])
    /// Others are missing, or it was no fragment.
    case waiting
    /// The peer wants to know what this node takes.
    case answer(FragmentOffer)
    /// It is of no use (``Reassembly/OnFragment``).
    case unfit
    /// It is none.
    case malformed
  }

  /// The longest datagram that this node puts together, in bytes.
  let longest: Int
  private var reassembly = Reassembly()
  private var agreements: [NodeID: FragmentAgreement] = [:]
  /// What the driver was told of each.
  private var told: [NodeID: Int] = [:]
  /// When the next peer is to be asked.
  private var questionDue: MonotonicInstant?

  init(longest: Int) { self.longest = longest }

  /// When to call ``expire(at:)`` and look at who is ``due(at:)``; nil if nothing is under way.
  var deadline: MonotonicInstant? { [reassembly.deadline, questionDue].compactMap(\.self).min() }

  /// A packet has come.
  mutating func receive(
    _ header: PacketHeader, _ payload: RawSpan, from peer: NodeID, at now: MonotonicInstant
  ) -> OnPacket {
    if let offer = FragmentOffer(header, payloadLength: payload.byteCount) {
      let isAnswered = agreements[peer, default: FragmentAgreement()].heard(offer, at: now)
      look()
      return isAnswered ? .answer(FragmentOffer(longest: longest, isQuestion: false)) : .waiting
    }
    guard let place = FragmentPlace(header, payloadLength: payload.byteCount), place.length <= longest else {
      return .malformed
    }
    switch reassembly.take(place, header, payload, from: peer, at: now) {
    case .waiting: return .waiting
    case .complete(let datagram): return .complete(datagram)
    case .repeated, .contradiction, .full: return .unfit
    }
  }

  /// There is another session with a peer.
  mutating func renew(_ peer: NodeID, at now: MonotonicInstant) {
    agreements[peer, default: FragmentAgreement()].renew(at: now)
    look()
  }

  /// There is something to send to a peer.
  mutating func want(_ peer: NodeID, at now: MonotonicInstant) {
    agreements[peer, default: FragmentAgreement()].want(at: now)
    look()
  }

  /// A session has ended.
  mutating func forget(_ peer: NodeID) {
    reassembly.forget(peer)
    agreements[peer] = nil
    told[peer] = nil
    look()
  }

  /// Time has passed for what is incomplete.
  mutating func expire(at now: MonotonicInstant) { reassembly.expire(at: now) }

  /// The peers that are to be asked, or given up.
  func due(at now: MonotonicInstant) -> [NodeID] {
    agreements.filter { $0.value.due.map { $0 <= now } ?? false }.keys.sorted()
  }

  /// What to ask a peer now, if anything.
  mutating func tick(_ peer: NodeID, at now: MonotonicInstant) -> FragmentOffer? {
    guard agreements[peer]?.due != nil else { return nil }
    defer { look() }
    return agreements[peer]?.tick(at: now) == true ? FragmentOffer(longest: longest, isQuestion: true) : nil
  }

  /// What a peer takes, if that has changed since it was last asked for.
  ///
  /// - Returns: The longest datagram in bytes, nil in it for none; nil if nothing has changed.
  mutating func takeChange(of peer: NodeID) -> Int?? {
    let longest = agreements[peer]?.longest.map { min($0, self.longest) }
    guard longest != told[peer] else { return nil }
    told[peer] = longest
    return .some(longest)
  }

  /// As ``Reassembly/takeGivenUp()``.
  mutating func takeGivenUp() -> [NodeID: Int] { reassembly.takeGivenUp() }

  private mutating func look() { questionDue = agreements.values.lazy.compactMap(\.due).min() }
}
