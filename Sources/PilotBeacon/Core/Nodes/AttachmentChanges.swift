/// Which nodes have come here, gone, or proven who they are, for whoever tells other beacons of it.
struct AttachmentChanges: Sendable {
  /// The most nodes that are remembered until they are taken. Whoever finds more has to look at all nodes.
  static let capacity = 65_536

  /// How many there were, since it was made.
  private(set) var count: UInt64 = 0
  private var recent: [UInt32] = []
  private var isComplete = true
  private let isKept: Bool

  /// - Parameter isKept: Whether anybody takes them; if not, they are only counted.
  init(isKept: Bool) {
    self.isKept = isKept
  }

  mutating func note(_ node: UInt32) {
    count &+= 1
    guard isKept else { return }
    if recent.count < Self.capacity { recent.append(node) } else { isComplete = false }
  }

  /// Which there were since the last call, some of them more than once; and whether those are all.
  mutating func take() -> (nodes: [UInt32], isComplete: Bool) {
    defer { (recent, isComplete) = ([], true) }
    return (recent, isComplete)
  }
}
