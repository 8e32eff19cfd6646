import PilotBeacon
import PilotTransport
import PilotWire

/// Where each node is registered, from one step of a program to the next: what may not happen to a registration.
struct FuzzedWhereabouts {
  private struct Place {
    let endpoint: Endpoint
    let isProven: Bool
    /// Since when it has been registered without a gap.
    let since: UInt64
    /// Whether its key has been known all that time.
    var isListed: Bool
  }

  /// As long as a registration lives at least.
  private static let lifetime: UInt64 = 600_000_000_000

  private var places: [NodeID: Place] = [:]
  /// Nodes that a message has named.
  private var names: Set<NodeID> = []

  mutating func name(_ node: NodeID) { names.insert(node) }

  /// A node's key has been taken out or put back.
  mutating func keyChanged(_ node: NodeID) { places[node]?.isListed = false }

  /// Looks at all nodes.
  ///
  /// - Parameters:
  ///   - isListed: Whether the node's key is known.
  ///   - leaving: A node whose registration this step may have ended: its key has changed, or it is attached over WSS.
  ///   - proving: A node that has proven in this step where it is.
  mutating func check(
    _ engine: RelayEngine, at now: MonotonicInstant, isListed: (NodeID) -> Bool, leaving: NodeID?,
    proving: NodeID?
  ) throws(Violation) {
    var holds: [SourceKey: Int] = [:]
    var count = 0
    for node in names {
      let (old, new) = (places[node], engine.whereabouts(of: node, at: now))
      guard let new else {
        places[node] = nil
        guard let old, old.isListed || old.isProven, leaving != node else { continue }
        guard now.nanoseconds - old.since >= Self.lifetime else { throw Violation("\(node) was lost") }
        continue
      }
      count += 1
      if let old, old.isProven, new.isProven, old.endpoint != new.endpoint, proving != node {
        throw Violation("\(node) had proven to be at \(old.endpoint), and was moved")
      }
      if new.isProven, old?.isProven != true, proving != node { throw Violation("\(node) has proven nothing") }
      places[node] = Place(
        endpoint: new.endpoint, isProven: new.isProven, since: old?.since ?? now.nanoseconds,
        isListed: old?.isListed ?? isListed(node))
      guard !new.isProven, FuzzedNode.keys[node] == nil else { continue }
      holds[SourceKey(new.endpoint), default: 0] += 1
    }
    guard count <= FuzzedWorld.nodeCapacity else { throw Violation("\(count) nodes are registered") }
    for (source, number) in holds where number > FuzzedWorld.nodesPerSource {
      throw Violation("\(source) holds \(number) nodes")
    }
  }

  func isProven(_ node: NodeID) -> Bool { places[node]?.isProven == true }
}
