import PilotTransport
import PilotWire

/// A line of `pilot attach`'s output.
enum AttachEvent {
  case ready(transport: String, local: Endpoint)
  case frame(from: Endpoint, bytes: [UInt8])
  case deliver(sender: NodeID, payload: [UInt8])
  case reconnecting(reason: String, attempt: Int, delay: Duration)
  case reconnected
  case error(code: String, message: String)
  case closed

  /// What a received frame is: a delivery, or any other frame.
  init(_ frame: RawSpan, from source: Endpoint) {
    if let delivery = try? RelayDeliver(parsing: frame) {
      self = .deliver(sender: delivery.sender, payload: delivery.payload.copied())
    } else if let delivery = try? RelayDeliverDest(parsing: frame) {
      self = .deliver(sender: delivery.sender, payload: delivery.payload.copied())
    } else {
      self = .frame(from: source, bytes: frame.copied())
    }
  }

  /// A transport's event, where it has a line.
  init?(_ event: TransportEvent) {
    switch event {
    case .reconnecting(let reason, let attempt, let delay):
      self = .reconnecting(reason: reason.description, attempt: attempt, delay: delay)
    case .reconnected:
      self = .reconnected
    case .unreachable(_, let reason, _):
      self = .error(reason)
    case .connected, .notice, .closed:
      return nil
    }
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
    case .reconnecting(let reason, let attempt, let delay):
      [
        "event": "reconnecting", "reason": .string(reason), "attempt": .int(attempt),
        "delay_ms": .int(delay.milliseconds),
      ]
    case .reconnected:
      ["event": "reconnected"]
    case .error(let code, let message):
      ["event": "error", "code": .string(code), "message": .string(message)]
    case .closed:
      ["event": "closed"]
    }
  }
}
