import PilotWire

/// What became of a delivery when it was looked at.
package enum DeliveryFinding: String, Sendable, CaseIterable, Codable {
  /// The right one, whole, and new.
  case good
  /// Not as it was sent.
  case corrupt
  /// For another node.
  case misdelivered
  /// Not from the node that the beacon names.
  case misattributed
  /// Delivered before.
  case duplicate
  /// From a round that has been counted already.
  case late
  /// Behind a newer one, on a way that keeps the order.
  case reordered
  /// Of another run.
  case foreign
  /// Made by a hostile peer in the sender's name.
  case lie
}

/// A node's look at what it gets: remembers, for one round, which parcels there were.
package struct Inbox: Sendable {
  private struct Seen {
    var words: [UInt64] = []
    var stream: UInt32 = 0
    var last: UInt32 = 0

    /// - Returns: Whether it is new.
    mutating func insert(_ sequence: UInt32) -> Bool {
      let (word, bit) = (Int(sequence / 64), UInt64(1) << UInt64(sequence % 64))
      while words.count <= word { words.append(0) }
      defer { words[word] |= bit }
      return words[word] & bit == 0
    }
  }

  private let run: UInt64
  private let node: UInt32
  private var round: UInt32 = 0
  private var seen: [UInt32: Seen] = [:]

  package init(run: UInt64, node: UInt32) {
    self.run = run
    self.node = node
  }

  /// A new round begins: whatever is still to come of the last one is late.
  ///
  /// Another process can be sooner to hear of it: then its first frame has begun the round already.
  package mutating func begin(round: UInt32) {
    guard round > self.round else { return }
    self.round = round
    seen.removeAll(keepingCapacity: true)
  }

  /// A payload was delivered.
  ///
  /// - Parameters:
  ///   - sender: Whom the beacon names as its sender.
  ///   - keepsOrder: Whether what comes from that sender over one connection must come in order.
  package mutating func receive(_ payload: RawSpan, from sender: UInt32, keepsOrder: Bool) -> DeliveryFinding {
    guard let parcel = Parcel(parsing: payload) else { return .corrupt }
    guard parcel.run == run else { return parcel.run == ~run ? .lie : .foreign }
    guard parcel.destination == node else { return .misdelivered }
    guard parcel.sender == sender else { return .misattributed }
    begin(round: parcel.round)
    guard parcel.round == round else { return .late }
    var state = seen[sender] ?? Seen()
    defer { seen[sender] = state }
    guard state.insert(parcel.sequence) else { return .duplicate }
    let isBehind = parcel.stream == state.stream && parcel.sequence < state.last
    state.stream = parcel.stream
    state.last = max(state.last, parcel.sequence)
    return keepsOrder && isBehind ? .reordered : .good
  }
}
