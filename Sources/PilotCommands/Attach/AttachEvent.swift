import PilotConsole
import PilotNode
import PilotTransport
import PilotWire

/// A line of `pilot attach`'s output.
enum AttachEvent: Equatable {
  case ready(transport: String, local: Endpoint)
  case frame(from: Endpoint, bytes: [UInt8])
  case deliver(sender: NodeID, payload: [UInt8])
  case notify(kind: UInt8)
  case gone(NodeID)
  case reconnecting(reason: String, attempt: Int, delay: Duration)
  case reconnected
  case moved(to: String)
  case switched(transport: String, reason: String)
  case error(code: String, message: String)
  /// The last one: the node's books.
  case closed(NodeCounters)

  /// What a frame of the beacon's is that is no delivery: a frame, and a notice means something, too.
  static func events(ofControl frame: RawSpan, from source: Endpoint) -> [AttachEvent] {
    let bytes = AttachEvent.frame(from: source, bytes: frame.copied())
    guard let notice = try? Notify(parsing: frame) else { return [bytes] }
    return [bytes, .notify(kind: notice.kind)]
  }

  /// What could not be done.
  static func error(_ error: TransportError) -> AttachEvent {
    .error(code: error.code.description, message: error.message)
  }

  /// The line.
  var json: JSONValue {
    switch self {
    case .ready(let transport, let local):
      ["event": "ready", "transport": .string(transport), "local": "\(local)"]
    case .frame(let source, let bytes):
      ["event": "frame", "from": "\(source)", "hex": .string(Hex.encode(bytes.span.raw))]
    case .deliver(let sender, let payload):
      ["event": "deliver", "sender": .int(sender.rawValue), "payload": .string(Hex.encode(payload.span.raw))]
    case .notify(let kind):
      ["event": "notify", "kind": .int(kind)]
    case .gone(let node):
      ["event": "gone", "node": .int(node.rawValue)]
    case .reconnecting(let reason, let attempt, let delay):
      [
        "event": "reconnecting", "reason": .string(reason), "attempt": .int(attempt),
        "delay_ms": .int(delay.milliseconds),
      ]
    case .reconnected:
      ["event": "reconnected"]
    case .moved(let beacon):
      ["event": "moved", "to": .string(beacon)]
    case .switched(let transport, let reason):
      ["event": "switched", "transport": .string(transport), "reason": .string(reason)]
    case .error(let code, let message):
      ["event": "error", "code": .string(code), "message": .string(message)]
    case .closed(let counters):
      [
        "event": "closed", "sent": .int(counters.transport.framesSent),
        "received": .int(counters.transport.framesReceived),
        "dropped": .object(
          DropReason.allCases.map {
            JSONValue.Member(name: $0.description, value: .int(counters.transport.drops[$0]))
          }),
        "duplicates": .int(counters.duplicatesSent), "control": .int(counters.controlSent),
        "unconfirmed": .int(counters.unconfirmedSent),
      ]
    }
  }
}
