package import PilotTransport
package import PilotWire

/// Who is attached here, for the other beacons: neighbours are sent lists of them, and a cluster hears what has changed.
extension Router {
  /// Nodes that have come here or gone, since it was made.
  package var attachmentChanges: UInt64 { wss.changes.count &+ nodes.changes.count }

  /// Which nodes have come here, gone, or proven who they are since the last call, and whether those are all.
  package mutating func takeAttachmentChanges() -> (nodes: [UInt32], isComplete: Bool) {
    let (peers, registered) = (wss.changes.take(), nodes.changes.take())
    return (peers.nodes + registered.nodes, peers.isComplete && registered.isComplete)
  }

  /// Whether a node is attached here, and has authenticated; nil if the others needn't know of it. Who has been silent for two rounds
  /// of announcements isn't, nor who has missed one and is at another beacon.
  package func attachment(of node: NodeID, at now: MonotonicInstant) -> Bool? {
    if wss.peer(node) != nil { return true }
    guard let registration = nodes.live(node, at: now.nanoseconds) else { return nil }
    let silence = now.nanoseconds.since(registration.heardAt)
    guard silence < bounds.silenceBeforeUnlisting else { return nil }
    if silence > bounds.silenceBeforeMove, remotes.place(of: node) != nil { return nil }
    return registration.isProven
  }

  /// All nodes in a part of the tables, each in one part, whether the others need to know of them or not.
  package func forEachNode(inPart part: Int, _ body: (NodeID) -> Void) {
    guard part >= wss.partCount else { return wss.forEach(inPart: part, body) }
    nodes.map.forEach(inShard: part - wss.partCount) { key, _ in NodeID(key).map(body) }
  }

  /// In so many parts ``forEachAttached(inPart:at:_:)`` tells who is attached here.
  package var attachedParts: Int {
    neighbours.isEmpty && !bounds.isInCluster ? 0 : wss.partCount + nodes.map.shardCount
  }

  /// The nodes that are attached here, of one part of about 2,000 at most, each in one part. What is silent for two rounds of
  /// announcements is left out, and so is who has missed one and is listed by a neighbour.
  package func forEachAttached(inPart part: Int, at now: MonotonicInstant, _ body: (NodeID) -> Void) {
    guard part >= wss.partCount else { return wss.forEach(inPart: part, body) }
    let now = now.nanoseconds
    nodes.map.forEach(inShard: part - wss.partCount) { key, registration in
      guard let node = NodeID(key), registration.isLive(at: now), wss.peer(node) == nil else { return }
      let silence = now.since(registration.heardAt)
      guard silence < bounds.silenceBeforeUnlisting else { return }
      if silence > bounds.silenceBeforeMove, neighbours.endpoint(of: node, at: now) != nil { return }
      body(node)
    }
  }
}
