internal import PilotTransport
internal import PilotWire

/// A table of nodes that goes from one beacon to the next while the first relays on: all of it once, part by part, then what has
/// changed meanwhile, until little is left for the moment in which nobody relays.
///
/// When a node was last heard, and what credit an endpoint has left, is as of the copy: a second earlier than it could be.
extension Router {
  /// Begins to note what changes.
  mutating func beginHandover() { nodes.changeLog = ChangeLog() }

  /// Ends that.
  mutating func endHandover() { nodes.changeLog = nil }

  /// Of how many parts the table is, of about 2,000 nodes each.
  var handoverParts: Int { nodes.map.shardCount + provenNodes.partCount }

  /// What is known of the nodes of one part.
  func handOver(part: Int, at now: UInt64, _ body: (HandedNode) -> Void) {
    let shards = nodes.map.shardCount
    guard part >= shards else {
      return nodes.map.forEach(inShard: part) { key, registration in
        guard let node = NodeID(key), registration.isLive(at: now) else { return }
        body(.registered(record(of: node, registration)))
      }
    }
    provenNodes.forEach(inPart: part - shards) { node in
      if nodes.live(node, at: now) == nil { body(.absent(node, hasProven: true)) }
    }
  }

  /// What has changed since the last call, or since ``beginHandover()``; nil if that is too much to tell.
  mutating func takeChanges(at now: UInt64) -> [HandedNode]? {
    guard let keys = nodes.changeLog?.take() else { return nil }
    return keys.compactMap { key in
      guard let node = NodeID(key) else { return nil }
      guard let registration = nodes.live(node, at: now) else {
        return .absent(node, hasProven: provenNodes.contains(node))
      }
      return .registered(record(of: node, registration))
    }
  }

  private func record(of node: NodeID, _ registration: Registration) -> RegistrationRecord {
    RegistrationRecord(node: node, registration: registration, hasProven: provenNodes.contains(node))
  }

  /// Takes in what another beacon has known of a node.
  ///
  /// - Parameter isOtherKey: Whether the key that the node has proven there isn't the one that is known here: then it has proven
  ///   nothing.
  /// - Returns: Whether there was room for it, if need be that of one which was taken in before, and this beacon's rules let it in.
  mutating func adopt(_ handed: HandedNode, isOtherKey: Bool = false, at now: UInt64) -> Bool {
    switch handed {
    case .absent(let node, let hasProven):
      nodes.forget(node)
      adopt(node, hasProven: hasProven)
      return true
    case .registered(let record):
      var registration = record.registration
      if isOtherKey { registration.flags.remove(.proven) }
      registration.setListed(listing.isListed(record.node))
      registration.expiresAt = min(registration.expiresAt, now.addingClamped(bounds.nodeLifetime))
      adopt(record.node, hasProven: record.hasProven && !isOtherKey)
      guard registration.isLive(at: now), admits(registration) else {
        nodes.forget(record.node)
        return false
      }
      return nodes.adopt(record.node, registration)
    }
  }

  /// Nothing more is taken in. Returns how many nodes lost their room to better ones.
  mutating func endAdoption() -> Int { nodes.endAdoption() }

  private mutating func adopt(_ node: NodeID, hasProven: Bool) {
    if !hasProven {
      provenNodes.remove(node)
    } else if provenNodes.insert(node) {
      counters.provenForgotten &+= 1
    }
  }

  private func admits(_ registration: Registration) -> Bool {
    if bounds.authentication == .require, !registration.isProven { return false }
    return !bounds.servesListedNodesOnly || registration.flags.contains(.listed) || registration.isProven
  }

  /// Forgets all nodes over UDP.
  mutating func forgetAll() {
    nodes.removeAll()
    provenNodes.removeAll()
  }
}
