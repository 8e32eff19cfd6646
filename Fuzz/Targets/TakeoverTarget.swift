import PilotTransport
import PilotWire

@testable import PilotBeacon

/// What two beacons tell each other when one takes over from the other, as a program: messages, each behind its length (`length:2 ·
/// message`), that both sides hear, as if each were the other's.
///
/// Messages and pieces of a table that are read are written as the same bytes again. The old beacon gives nothing away before it has been
/// asked step by step, and then the same parts in each step; the new one serves only behind the table's last word. A table that comes
/// in stays within the new one's bounds, and what is in it can be handed on.
enum TakeoverTarget {
  /// Nodes that the new beacon has room for.
  private static let capacity = 8
  private static let now = MonotonicInstant.start.advanced(by: .seconds(1_000)).nanoseconds

  static func run(_ input: [UInt8]) throws(Violation) -> Bool {
    var reader = InputReader(input)
    var (old, new) = (OldSide(), NewSide())
    var table = Table(capacity: capacity)
    var isAnythingRead = false
    while !reader.isAtEnd {
      let bytes = reader.block()
      guard let message = try? TakeoverMessage(parsing: bytes.span.raw) else { continue }
      if message == .piece {
        isAnythingRead = try table.take(bytes, at: now) || isAnythingRead
      } else if message.encoded() != bytes {
        throw Violation("\(message) is written as \(message.encoded())")
      } else {
        isAnythingRead = true
      }
      try old.hear(message)
      try new.hear(message)
    }
    return isAnythingRead
  }

  /// Where the old beacon stands, by what it has been told to do.
  private struct OldSide {
    private var machine = HandoverMachine()
    private var done: [HandoverMachine.Action] = []

    mutating func hear(_ message: TakeoverMessage) throws(Violation) {
      let action = machine.received(message)
      let isDue =
        switch (done.last, action) {
        case (nil, .offer), (nil, .abandon), (.offer, .abandon), (.copy, .abandon), (.freeze, .resume): true
        case (.offer, .copy(let parts)): parts.contains(.udp) || parts.isDisjoint(with: [.table, .peers])
        case (.copy(let before), .freeze(let parts)), (.freeze(let before), .release(let parts)): before == parts
        case (.release, .ignore), (.abandon, .ignore), (.resume, .ignore), (.ignore, .ignore): true
        default: false
        }
      guard isDue else { throw Violation("\(action) behind \(done)") }
      done.append(action)
    }
  }

  /// Where the new beacon stands.
  private struct NewSide {
    private var machine = TakeoverMachine { $0.parts(udp: $0.udp, wss: $0.wss, http: nil) }
    private var (isPrepared, isRead, isOver) = (false, false, false)

    mutating func hear(_ message: TakeoverMessage) throws(Violation) {
      let action = machine.received(message)
      if isOver, action != .end { throw Violation("\(action) behind the end") }
      switch action {
      case .prepare:
        guard !isPrepared, machine.begin() else { throw Violation("prepared twice") }
        isPrepared = true
      case .read:
        guard isPrepared, !isRead else { throw Violation("it reads before it is ready, or twice") }
        isRead = true
      case .serve:
        guard isRead else { throw Violation("it serves without having read") }
        isOver = true
      case .end, .wait: isOver = true
      case .take where isRead, .keep where isPrepared: throw Violation("\(action) too late")
      case .accept(let parts): guard !parts.contains(.http) else { throw Violation("what isn't wanted: \(parts)") }
      case .take, .keep: break
      }
    }
  }

  /// The new beacon's table.
  private struct Table: ~Copyable {
    private var router: Router
    private var locals = 0

    init(capacity: Int) {
      var configuration = RouterConfiguration()
      configuration.nodeCapacity = capacity
      router = Router(configuration, seed: 7)
    }

    /// - Returns: Whether it is a piece of a table.
    mutating func take(_ bytes: [UInt8], at now: UInt64) throws(Violation) -> Bool {
      guard let piece = try? TablePiece(parsing: bytes.span.raw, locals: locals, now: now) else { return false }
      guard piece.count <= TablePiece.limit, piece.encoded() == bytes else {
        throw Violation("\(piece) is written as \(piece.encoded())")
      }
      switch piece {
      case .locals(let addresses): locals += addresses.count
      case .registered(let records): for record in records { _ = router.adopt(.registered(record), at: now) }
      case .absent(let nodes):
        for (node, hasProven) in nodes { _ = router.adopt(.absent(node, hasProven: hasProven), at: now) }
      case .peers: break
      }
      guard locals <= UInt8.max, router.nodes.count <= TakeoverTarget.capacity else {
        throw Violation("\(locals) addresses, \(router.nodes.count) nodes")
      }
      try checkThatItCanBeHandedOn(at: now)
      return true
    }

    private func checkThatItCanBeHandedOn(at now: UInt64) throws(Violation) {
      var nodes: [HandedNode] = []
      for part in 0..<router.handoverParts { router.handOver(part: part, at: now) { nodes.append($0) } }
      for case .registered(let record) in nodes {
        let bytes = TablePiece.registered([record]).encoded()
        guard (try? TablePiece(parsing: bytes.span.raw, locals: locals, now: now)) == .registered([record]) else {
          throw Violation("\(record) can't be handed on")
        }
      }
    }
  }
}
