internal import PilotWire

/// What one beacon tells the next of a node.
enum HandedNode: Equatable, Sendable {
  case registered(RegistrationRecord)
  /// It isn't registered, or not any more.
  case absent(NodeID, hasProven: Bool)

  var node: NodeID {
    switch self {
    case .registered(let record): record.node
    case .absent(let node, _): node
    }
  }
}
