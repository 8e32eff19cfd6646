import Synchronization

/// What happens to frames outside the sessions. Written from any thread.
struct TunnelTally: ~Copyable, Sendable {
  let eventsDropped = Atomic<UInt64>(0)
  let unboundPort = Atomic<UInt64>(0)
  let otherProtocol = Atomic<UInt64>(0)
  let refusedByNode = Atomic<UInt64>(0)
}

extension Atomic where Value == UInt64 {
  /// Adds without ordering anything else by it.
  @inline(__always)
  func count(_ number: UInt64 = 1) { wrappingAdd(number, ordering: .relaxed) }
}
