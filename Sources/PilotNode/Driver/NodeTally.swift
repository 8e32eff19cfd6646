import Synchronization

/// The counts of ``NodeCounters``, written from any thread. They lie in whatever has them.
struct NodeTally: ~Copyable, Sendable {
  let messagesSent = Atomic<UInt64>(0)
  let framesSent = Atomic<UInt64>(0)
  let controlSent = Atomic<UInt64>(0)
  let proofsSent = Atomic<UInt64>(0)
  let punchesSent = Atomic<UInt64>(0)
  let punchesHeldBack = Atomic<UInt64>(0)
  let controlRefused = Atomic<UInt64>(0)
  let nameLookups = Atomic<UInt64>(0)
  let nameLookupsFailed = Atomic<UInt64>(0)
  let duplicatesSent = Atomic<UInt64>(0)
  let unconfirmedSent = Atomic<UInt64>(0)
  let switches = Atomic<UInt64>(0)
  let controlReceived = Atomic<UInt64>(0)
  let goneReceived = Atomic<UInt64>(0)
  let probesReceived = Atomic<UInt64>(0)
  let directReceived = Atomic<UInt64>(0)
  let directDropped = Atomic<UInt64>(0)

  /// The beacon has said that a node isn't there.
  func countGone() {
    controlReceived.count()
    goneReceived.count()
  }

  var counters: NodeCounters {
    var counters = NodeCounters()
    counters.messagesSent = messagesSent.load(ordering: .relaxed)
    counters.framesSent = framesSent.load(ordering: .relaxed)
    counters.controlSent = controlSent.load(ordering: .relaxed)
    counters.proofsSent = proofsSent.load(ordering: .relaxed)
    counters.punchesSent = punchesSent.load(ordering: .relaxed)
    counters.punchesHeldBack = punchesHeldBack.load(ordering: .relaxed)
    counters.controlRefused = controlRefused.load(ordering: .relaxed)
    counters.nameLookups = nameLookups.load(ordering: .relaxed)
    counters.nameLookupsFailed = nameLookupsFailed.load(ordering: .relaxed)
    counters.duplicatesSent = duplicatesSent.load(ordering: .relaxed)
    counters.unconfirmedSent = unconfirmedSent.load(ordering: .relaxed)
    counters.switches = switches.load(ordering: .relaxed)
    counters.controlReceived = controlReceived.load(ordering: .relaxed)
    counters.goneReceived = goneReceived.load(ordering: .relaxed)
    counters.probesReceived = probesReceived.load(ordering: .relaxed)
    counters.directReceived = directReceived.load(ordering: .relaxed)
    counters.directDropped = directDropped.load(ordering: .relaxed)
    return counters
  }
}

extension Atomic where Value == UInt64 {
  /// Adds without ordering anything else by it.
  @inline(__always)
  func count(_ number: UInt64 = 1) { wrappingAdd(number, ordering: .relaxed) }
}
