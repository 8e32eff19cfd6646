package import PilotFixtures

/// Who takes part: honest nodes from 1 on, odd ones over UDP and even ones over WSS, and hostile ones far above them.
package struct Population: Sendable, Equatable {
  /// Honest nodes; a multiple of eight, so that each worker has as many of both carriers.
  package let nodes: Int
  /// Processes that they are spread over.
  package let workers: Int

  /// - Parameter nodes: How many are wanted; rounded up.
  package init(nodes: Int, workers: Int) {
    self.workers = max(workers, 1)
    let step = 8 * self.workers
    self.nodes = max((nodes + step - 1) / step, 1) * step
  }

  /// All honest nodes.
  package var ids: ClosedRange<UInt32> { 1...UInt32(nodes) }

  /// How a node reaches the beacon: for its whole life.
  package func carrier(of id: UInt32) -> Carrier { id % 2 == 1 ? .udp : .wss }

  /// Which process has it.
  package func worker(of id: UInt32) -> Int { Int((id - 1) / 2) % workers }

  /// Whether it comes and goes; the others stay for the whole run.
  package func isGuest(_ id: UInt32) -> Bool { (Int((id - 1) / 2) / workers) % 4 == 3 }

  /// Whether it proves nothing, as the nodes that are deployed: the beacon believes it as far as its address goes. It stays
  /// where it is for the whole run.
  package func isPlain(_ id: UInt32) -> Bool { carrier(of: id) == .udp && (Int((id - 1) / 2) / workers) % 4 == 2 }

  /// Whether the beacon doesn't know its key: half of those that prove nothing.
  package func isUnlisted(_ id: UInt32) -> Bool { isPlain(id) && (Int((id - 1) / 2) / workers) % 8 == 6 }

  /// The loopback address of a node on UDP, 127.1.x.y: one of its own, since the beacon limits what it does for each.
  package static func address(of id: UInt32) -> UInt32 { 0x7F01_0000 | id & 0xFFFF }

  /// The loopback address that hostile datagrams come from, 127.0.0.66: another one than any node's, whose other ports the
  /// beacon believes at once.
  package static let hostileAddress: UInt32 = 0x7F00_0042

  /// Hostile sockets with an address to themselves, since their share is what their attack is about: 127.0.2.x.
  package static func hostileAddress(_ number: Int) -> UInt32 { 0x7F00_0200 + UInt32(number) }

  /// The honest nodes of a process.
  package func ids(of worker: Int) -> [UInt32] { ids.filter { self.worker(of: $0) == worker } }

  /// Hostile nodes that the beacon has keys for: they authenticate, and then misbehave.
  package static let hostile: ClosedRange<UInt32> = 1_000_001...1_000_040
  /// Those among them that authenticate and read nothing for a while.
  package static let slowReaders: ClosedRange<UInt32> = 1_000_001...1_000_004
  /// The one that sends in other nodes' names, over WSS.
  package static let liar: UInt32 = 1_000_010
  /// Floods others with relays: over UDP with a proof, and over WSS.
  package static let provenFlooder: UInt32 = 1_000_011
  package static let wssFlooder: UInt32 = 1_000_012
  /// Gets what floods consist of.
  package static let sink: UInt32 = 1_000_013
  /// Those that another beacon has answer this one's challenges.
  package static let misled: ClosedRange<UInt32> = 1_000_014...1_000_020
  /// Those that come, do something, and go.
  package static let passers: ClosedRange<UInt32> = 1_000_021...1_000_040
  /// The first of the IDs that nobody has.
  package static let invented: UInt32 = 2_000_001
}
