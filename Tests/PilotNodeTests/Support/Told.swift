import PilotNode
import PilotTransport
import PilotWire

/// An event of a node's receiver, kept.
enum Told: Equatable, Sendable {
  case state(NodeState)
  case switched(PathSwitch)
  case message(NodeID, [UInt8])
  case gone(NodeID, [UInt8])
  case control([UInt8])
  case direct([UInt8], Endpoint)

  init(_ event: borrowing NodeEvent) {
    switch event {
    case .state(let state): self = .state(state)
    case .switched(let change): self = .switched(change)
    case .message(let message): self = .message(message.sender, message.payload.copied())
    case .gone(let node, let frame): self = .gone(node, frame.bytes.copied())
    case .control(let frame): self = .control(frame.bytes.copied())
    case .direct(let frame): self = .direct(frame.bytes.copied(), frame.source)
    }
  }

  var state: NodeState? {
    if case .state(let state) = self { return state }
    return nil
  }
}

/// The two ways to read a node.
enum Form: CaseIterable, Sendable {
  case next, forEach

  /// Everything that a receiver tells until the node has left.
  ///
  /// - Parameter body: Called with each event, before the next one is asked for.
  func read(
    _ receiver: inout NodeReceiver, _ body: (Told) throws(TransportError) -> Void = { _ throws(TransportError) in }
  ) async throws(TransportError) -> [Told] {
    var all: [Told] = []
    switch self {
    case .next:
      while let event = try await receiver.next() {
        let told = Told(event)
        all.append(told)
        try body(told)
      }
    case .forEach:
      try await receiver.forEach { event throws(TransportError) in
        let told = Told(event)
        all.append(told)
        try body(told)
      }
    }
    return all
  }
}

extension NodeReceiver {
  /// The next event, kept; nil when the node has left.
  mutating func nextTold() async throws(TransportError) -> Told? {
    guard let event = try await next() else { return nil }
    return Told(event)
  }
}
