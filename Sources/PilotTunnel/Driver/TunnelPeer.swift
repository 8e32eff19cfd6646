import PilotTransport
import PilotWire
import Synchronization

/// A peer, for who sends to it. From any thread.
final class TunnelPeer: Sendable {
  let id: NodeID
  private let route = Mutex<SealedRoute?>(nil)
  /// When the route was last told that it is used, in nanoseconds of the clock.
  private let markedAt = Atomic<UInt64>(0)
  /// What its users sent and the node didn't take.
  let refused = Atomic<UInt64>(0)
  /// What was longer than a frame may be.
  let tooLarge = Atomic<UInt64>(0)
  /// The longest datagram that it takes in fragments, in bytes; 0 for none.
  private let fragmentLimit = Atomic<Int>(0)
  /// How many datagrams were sent in fragments.
  private let fragmented = Atomic<UInt32>(0)

  /// How often a route is told that it is used. Times of a route are seconds.
  private static let markInterval: UInt64 = 100_000_000

  init(_ id: NodeID) { self.id = id }

  /// How packets go to it now; nil without a session.
  var sealedRoute: SealedRoute? { route.withLock(\.self) }

  var fragmentedLimit: Int { fragmentLimit.load(ordering: .relaxed) }

  func takesFragments(upTo longest: Int?) { fragmentLimit.store(longest ?? 0, ordering: .relaxed) }

  /// The number of the next datagram that goes in fragments.
  func nextFragmented() -> UInt32 { fragmented.wrappingAdd(1, ordering: .relaxed).newValue }

  func carry(_ new: SealedRoute?) { route.withLock { $0 = new } }

  /// Whether the route is to be told that packets were sent.
  func isMarkDue(at now: MonotonicInstant) -> Bool {
    let last = markedAt.load(ordering: .relaxed)
    guard now.nanoseconds >= last + Self.markInterval || last == 0 else { return false }
    return markedAt.compareExchange(expected: last, desired: now.nanoseconds, ordering: .relaxed).exchanged
  }
}
