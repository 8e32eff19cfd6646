package import PilotWire

/// Which nodes the most is relayed for, in 1 KiB, whoever sends: one relayed frame in 64 on average, at distances that nobody
/// can foresee, counted by the space-saving summary (Metwally, Agrawal, El Abbadi 2005) over 32 nodes.
struct Talkers: Sendable {
  private struct Entry: Sendable, BitwiseCopyable {
    var node: UInt32 = 0
    var frames: UInt32 = 0
    var bytes: UInt64 = 0
  }

  private static let capacity = 32
  /// One frame in so many is looked at.
  static let stride: UInt64 = 64

  private let hash: KeyedHash
  private var entries = [Entry](repeating: Entry(), count: Talkers.capacity)
  private var samples: UInt32 = 0
  /// How many frames are left until one is looked at.
  private var left: UInt64 = 1

  /// - Parameter hash: Of a key that whoever sends doesn't know.
  init(hash: KeyedHash) {
    self.hash = hash
  }

  /// A frame of so many bytes is relayed for a node.
  @inline(__always)
  mutating func relayed(_ bytes: Int, for node: NodeID) {
    left &-= 1
    if left == 0 { sample(bytes, node) }
  }

  @inline(never)
  private mutating func sample(_ bytes: Int, _ node: NodeID) {
    samples &+= 1
    // From 1 to 127: 64 on average.
    left = 1 + (hash(samples) & 127) * 126 / 127
    var least = 0
    for index in entries.indices {
      if entries[index].node == node.rawValue {
        least = index
        break
      }
      if entries[index].frames < entries[least].frames { least = index }
    }
    if entries[least].node != node.rawValue { entries[least] = Entry(node: node.rawValue) }
    entries[least].frames &+= 1
    entries[least].bytes &+= UInt64(bytes)
  }

  /// Takes out what was counted, most frames first, and starts anew. 32 at most.
  mutating func take() -> [Talker] {
    defer { for index in entries.indices { entries[index] = Entry() } }
    return entries.filter { $0.frames > 0 }.sorted { $0.frames > $1.frames }.compactMap { entry in
      NodeID(entry.node).map {
        Talker(node: $0, frames: UInt64(entry.frames) * Self.stride, bytes: entry.bytes * Self.stride)
      }
    }
  }
}

/// What has been relayed for one node lately, estimated from a sample.
package struct Talker: Equatable, Sendable {
  package let node: NodeID
  package let frames: UInt64
  package let bytes: UInt64
}
