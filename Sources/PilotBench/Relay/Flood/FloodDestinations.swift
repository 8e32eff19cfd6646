import PilotFixtures
import PilotWire

/// Which node each frame of a flood goes to.
struct FloodDestinations: Sendable {
  /// Nodes with neighbouring numbers that are registered from one socket.
  struct Group: Sendable, Equatable {
    /// The lowest number.
    var first: UInt32
    /// How many there are.
    var count: UInt32
  }

  /// So many frames in a row go to nodes of one socket: as many as the kernel is given as one message.
  private static let stretch = 64

  private let groups: [Group]
  private var frame = 0
  private var numbers = Xorshift64()

  /// Frames go to nodes of these groups at random, and in stretches to the groups in turn.
  init(_ groups: [Group]) {
    self.groups = groups
  }

  /// Whether there is but one node.
  var isOne: Bool { groups.count == 1 && groups[0].count == 1 }

  /// The next frame's destination; nil if there are no nodes.
  mutating func next() -> NodeID? {
    guard !groups.isEmpty else { return nil }
    let group = groups[frame / Self.stretch % groups.count]
    frame += 1
    return NodeID(group.first &+ UInt32(truncatingIfNeeded: (numbers.next() >> 32) % UInt64(max(group.count, 1))))
  }
}
