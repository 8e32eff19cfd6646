import PilotWire
import Synchronization

/// What was forwarded to and from one peer, counted from any thread.
final class PeerTally: Sendable {
  private let sentCount = Atomic<UInt64>(0)
  private let sentByteCount = Atomic<UInt64>(0)
  private let receivedCount = Atomic<UInt64>(0)
  private let receivedByteCount = Atomic<UInt64>(0)
  private let droppedHereCount = Atomic<UInt64>(0)
  private let longest = Atomic<Int>(0)

  func send(_ bytes: Int) {
    sentCount.wrappingAdd(1, ordering: .relaxed)
    sentByteCount.wrappingAdd(UInt64(bytes), ordering: .relaxed)
  }

  func receive(_ bytes: Int) {
    receivedCount.wrappingAdd(1, ordering: .relaxed)
    receivedByteCount.wrappingAdd(UInt64(bytes), ordering: .relaxed)
  }

  /// Datagrams of the peer's found no flow, or no room on this side.
  func dropHere(_ count: Int = 1) { droppedHereCount.wrappingAdd(UInt64(count), ordering: .relaxed) }

  /// A datagram for the peer, of so many bytes, was too long. The tunnels count it.
  func refuse(length: Int) { longest.max(length, ordering: .relaxed) }

  /// How long the longest of those was since this was last called, in bytes; nil if there was none.
  func takeLongest() -> Int? {
    let length = longest.exchange(0, ordering: .relaxed)
    return length == 0 ? nil : length
  }

  var sent: UInt64 { sentCount.load(ordering: .relaxed) }
  var sentBytes: UInt64 { sentByteCount.load(ordering: .relaxed) }
  var received: UInt64 { receivedCount.load(ordering: .relaxed) }
  var receivedBytes: UInt64 { receivedByteCount.load(ordering: .relaxed) }
  var droppedHere: UInt64 { droppedHereCount.load(ordering: .relaxed) }
}

/// The tallies of all peers. Peers are those whose keys are known, so that there are no more than somebody has written down.
final class PeerTallies: Sendable {
  private let tallies = Mutex<[NodeID: PeerTally]>([:])

  /// That of a peer, which begins at zero.
  func of(_ peer: NodeID) -> PeerTally {
    tallies.withLock { tallies in
      if let tally = tallies[peer] { return tally }
      let tally = PeerTally()
      tallies[peer] = tally
      return tally
    }
  }

  /// Those that there was something to count of, in the order of their IDs.
  var peers: [NodeID] { tallies.withLock { $0.keys.sorted() } }
}
