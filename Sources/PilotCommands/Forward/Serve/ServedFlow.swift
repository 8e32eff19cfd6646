import PilotTransport
import PilotWire

/// A flow of a peer's to a served port: one of its clients, as far as can be seen from here.
struct ServedFlow: Hashable, Sendable {
  /// Which of the served ports it is to.
  let rule: Int
  let peer: NodeID
  /// The peer's source port.
  let port: UInt16
}

/// The flows that are counted together: a peer's to one service, so that one that it uses much takes no room from another.
struct ServedShare: Hashable, Sendable {
  private let rule: Int
  private let peer: NodeID

  init(of flow: ServedFlow) { (rule, peer) = (flow.rule, flow.peer) }
}

extension FlowTable<ServedFlow, ServedShare> {
  /// The flows of all peers to what this process serves. Each has a socket, so that the service tells clients apart as it would
  /// without this; one peer's to one service are a quarter of all at most.
  ///
  /// - Parameter capacity: How many there are at most.
  static func served(capacity: Int) -> Self {
    FlowTable(capacity: capacity, shareCapacity: max(capacity / 4, 1), idleTime: LocalFlows.idleTime)
  }
}
