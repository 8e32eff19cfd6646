import PilotNode
import PilotTransport
import PilotWire

/// An event of a node's receiver, copied.
enum KeptEvent: Sendable, Equatable {
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
}

extension KeptEvent: CustomStringConvertible {
  /// One short line: a payload may have 64 KiB.
  var description: String {
    switch self {
    case .state(let state): "the state \(state)"
    case .switched(let change): "a switch to \(change.to)"
    case .message(let sender, let payload): "a message of \(payload.count) bytes from node \(sender.rawValue)"
    case .gone(let node, _): "the notice that node \(node.rawValue) isn't there"
    case .control(let frame): "a frame of the beacon's (\(Self.type(of: frame)), \(frame.count) bytes)"
    case .direct(let frame, let source): "a frame from \(source) (\(Self.type(of: frame)), \(frame.count) bytes)"
    }
  }

  private static func type(of frame: [UInt8]) -> String {
    frame.first.map { "type \($0)" } ?? "empty"
  }
}
