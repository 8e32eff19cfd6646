import PilotTransport
import PilotWire

/// Datagrams that come in fragments, put together: of each peer some at a time, for a short time, within so many bytes. A value
/// without clock or lock.
///
/// Only a peer's own datagrams make room for its next one, so that none takes what others have begun.
struct Reassembly: Sendable {
  /// What a fragment has come to.
  enum OnFragment: Equatable, Sendable {
    /// Others are missing.
    case waiting
    /// It was the last: the datagram.
    case complete([UInt8])
    /// It was there already.
    case repeated
    /// It isn't of the datagram that began with this number.
    case contradiction
    /// There is no room for another datagram.
    case full
  }

  /// How long the fragments of a datagram are waited for. Default 2 s: they leave together.
  static let life: Duration = .seconds(2)
  /// How many datagrams of one peer are incomplete at a time.
  static let perPeer = 64
  /// How many bytes those have together.
  static let bytesPerPeer = 256 << 10
  /// How many bytes those of all peers have together.
  static let byteLimit = 8 << 20

  private struct Datagram: Sendable {
    let number: UInt32
    let ends: Ends
    let count: Int
    let since: MonotonicInstant
    var missing: UInt64
    var bytes: [UInt8]
  }

  private struct Ends: Equatable, Sendable {
    let source: UInt16
    let destination: UInt16

    init(_ header: PacketHeader) { (source, destination) = (header.source.port, header.destination.port) }
  }

  private struct Queue: Sendable {
    /// The oldest one first.
    var datagrams: [Datagram] = []
    var bytes = 0
  }

  private var queues: [NodeID: Queue] = [:]
  private var bytes = 0
  /// Datagrams that were given up since this was last asked, and whose.
  private var givenUp: [NodeID: Int] = [:]

  /// How many datagrams are incomplete, and their bytes.
  var held: (datagrams: Int, bytes: Int) { (queues.values.reduce(0) { $0 + $1.datagrams.count }, bytes) }

  /// When to call ``expire(at:)``; nil while nothing is incomplete.
  var deadline: MonotonicInstant? {
    queues.values.lazy.compactMap { $0.datagrams.first?.since }.min()?.advanced(by: Self.life)
  }

  /// A fragment has come.
  ///
  /// - Parameters:
  ///   - place: Where it belongs.
  ///   - header: Its packet's header, whose ports are the datagram's.
  ///   - payload: Its bytes: as many as its place has.
  ///   - peer: Whose it is.
  ///   - now: The time.
  mutating func take(
    _ place: FragmentPlace, _ header: PacketHeader, _ payload: RawSpan, from peer: NodeID, at now: MonotonicInstant
  ) -> OnFragment {
    expire(peer, at: now)
    let known = queues[peer]?.datagrams.lastIndex { $0.number == place.number }
    guard let index = known ?? begin(place, header, of: peer, at: now) else { return .full }
    guard let queue = queues.index(forKey: peer) else { return .full }
    return put(place, header, payload, into: &queues.values[queue].datagrams[index])
      ?? .complete(remove(index, of: peer).bytes)
  }

  /// - Returns: nil if the datagram is complete.
  private func put(
    _ place: FragmentPlace, _ header: PacketHeader, _ payload: RawSpan, into datagram: inout Datagram
  ) -> OnFragment? {
    guard datagram.count == place.count, datagram.bytes.count == place.length, datagram.ends == Ends(header) else {
      return .contradiction
    }
    let bit = UInt64(1) << UInt64(place.index)
    guard datagram.missing & bit != 0 else { return .repeated }
    datagram.missing &= ~bit
    let start = place.range.lowerBound
    var span = datagram.bytes.mutableSpan
    for offset in payload.byteOffsets { span[start + offset] = payload.byte(at: offset) }
    return datagram.missing == 0 ? nil : .waiting
  }

  /// Makes room for a datagram, of which this is the first fragment to come.
  ///
  /// - Returns: Its place among the peer's; nil if there is no room.
  private mutating func begin(
    _ place: FragmentPlace, _ header: PacketHeader, of peer: NodeID, at now: MonotonicInstant
  ) -> Int? {
    while let queue = queues[peer],
      queue.datagrams.count >= Self.perPeer || queue.bytes + place.length > Self.bytesPerPeer
        || bytes + place.length > Self.byteLimit
    { giveUp(0, of: peer) }
    guard bytes + place.length <= Self.byteLimit else { return nil }
    let missing = place.count == 64 ? UInt64.max : (UInt64(1) << UInt64(place.count)) - 1
    queues[peer, default: Queue()].datagrams.append(
      Datagram(
        number: place.number, ends: Ends(header), count: place.count, since: now, missing: missing,
        bytes: [UInt8](repeating: 0, count: place.length)))
    queues[peer]?.bytes += place.length
    bytes += place.length
    return (queues[peer]?.datagrams.count).map { $0 - 1 }
  }

  /// Time has passed: what is incomplete for too long is given up.
  mutating func expire(at now: MonotonicInstant) {
    for peer in Array(queues.keys) { expire(peer, at: now) }
  }

  private mutating func expire(_ peer: NodeID, at now: MonotonicInstant) {
    while let first = queues[peer]?.datagrams.first, first.since.duration(to: now) >= Self.life { giveUp(0, of: peer) }
  }

  /// A peer's session has ended: nothing more is waited for.
  mutating func forget(_ peer: NodeID) {
    while queues[peer] != nil { giveUp(0, of: peer) }
  }

  /// How many datagrams were given up since this was called last, and whose.
  mutating func takeGivenUp() -> [NodeID: Int] {
    guard !givenUp.isEmpty else { return [:] }
    defer { givenUp.removeAll() }
    return givenUp
  }

  private mutating func giveUp(_ index: Int, of peer: NodeID) {
    _ = remove(index, of: peer)
    givenUp[peer, default: 0] += 1
  }

  private mutating func remove(_ index: Int, of peer: NodeID) -> Datagram {
    guard let place = queues.index(forKey: peer) else { preconditionFailure("a datagram is of a peer that has some") }
    let datagram = queues.values[place].datagrams.remove(at: index)
    queues.values[place].bytes -= datagram.bytes.count
    bytes -= datagram.bytes.count
    if queues.values[place].datagrams.isEmpty { queues.remove(at: place) }
    return datagram
  }
}
