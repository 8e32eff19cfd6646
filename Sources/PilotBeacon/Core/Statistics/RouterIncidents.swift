package import PilotWire

/// Something that an operator may want to look into: who was believed to be where has changed, or was put in question.
package struct RouterIncident: Equatable, Sendable {
  /// What happened.
  package enum Kind: Equatable, Sendable {
    /// The registration moved.
    case moved(MoveCause)
    /// It was removed because the key that it was proven with isn't the node's any more.
    case revoked
    /// It is claimed from elsewhere, and its endpoint was asked for a sign.
    case probed
    /// It proves to be there to a beacon that it calls so: to another one, which has passed on the challenge, or this one
    /// doesn't know its name.
    case misdirected(BeaconName)
    /// It was claimed from elsewhere, and its endpoint has given a sign of life.
    case claimRefused
    /// A Discover was refused because of who it names: a proof is required, or no such node is served.
    case refused(DiscoverOutcome)
    /// It is claimed from elsewhere, and can't be asked because the beacon doesn't know its own public address. Noted
    /// once.
    case unaskable
  }

  /// What happened.
  package let kind: Kind
  /// To which node.
  package let node: NodeID
  /// Where it was registered, or where a refused Discover came from.
  package let from: Endpoint
  /// Where it is registered now, or claimed from; nil if nowhere.
  package let to: Endpoint?
  /// How many more of its kind there were since the last time that somebody asked.
  package internal(set) var more: UInt64 = 0

  init(_ kind: Kind, _ node: NodeID, from: Endpoint, to: Endpoint?) {
    self.kind = kind
    self.node = node
    self.from = from
    self.to = to
  }
}

extension RouterIncident.Kind {
  /// Whether the two are noted as one, whatever a stranger has written into them.
  fileprivate func isNoted(with other: Self) -> Bool {
    if case (.misdirected, .misdirected) = (self, other) { return true }
    return self == other
  }
}

/// The first incident of each kind since they were last taken, and how many followed: a log that strangers can't fill.
struct RouterIncidents: Sendable {
  private var noted: [RouterIncident] = []

  mutating func note(_ incident: RouterIncident) {
    if let index = noted.firstIndex(where: { $0.kind.isNoted(with: incident.kind) }) {
      noted[index].more &+= 1
    } else {
      noted.append(incident)
    }
  }

  /// Takes out what was noted.
  mutating func take() -> [RouterIncident] {
    defer { noted.removeAll(keepingCapacity: true) }
    return noted
  }
}
