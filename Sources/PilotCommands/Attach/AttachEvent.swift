import PilotConsole
import PilotTransport
import PilotWire

/// A line of `pilot attach`'s output.
enum AttachEvent: Equatable {
  case ready(transport: String, local: Endpoint)
  case frame(from: Endpoint, bytes: [UInt8])
  case deliver(sender: NodeID, payload: [UInt8])
  case notify(kind: UInt8)
  case reconnecting(reason: String, attempt: Int, delay: Duration)
  case reconnected
  case error(code: String, message: String)
  /// The last one: the node's books.
  case closed(TransportCounters)

  /// What a received frame is: a delivery, or any other frame, of which a notice means something, too.
  ///
  /// - Parameter isBeacon: Whether it is the beacon's. From anybody else nothing is believed: it is a frame.
  static func events(of frame: RawSpan, from source: Endpoint, isBeacon: Bool) -> [AttachEvent] {
    if isBeacon, let delivery = delivery(in: frame) { return [delivery] }
    let bytes = AttachEvent.frame(from: source, bytes: frame.copied())
    if isBeacon, let notice = try? Notify(parsing: frame) { return [bytes, .notify(kind: notice.kind)] }
    return [bytes]
  }

  /// What is delivered in a frame, if it is of that kind.
  static func delivery(in frame: RawSpan) -> AttachEvent? {
    if let delivery = try? RelayDeliver(parsing: frame) {
      return .deliver(sender: delivery.sender, payload: delivery.payload.copied())
    }
    if let delivery = try? RelayDeliverDest(parsing: frame) {
      return .deliver(sender: delivery.sender, payload: delivery.payload.copied())
    }
    return nil
  }

  /// A transport's event, where it has a line.
  init?(_ event: TransportEvent) {
    switch event {
    case .reconnecting(let reason, let attempt, let delay):
      self = .reconnecting(reason: reason.description, attempt: attempt, delay: delay)
    case .reconnected:
      self = .reconnected
    case .unreachable(let endpoint, let reason, _):
      self = .error(code: reason.code.description, message: "\(endpoint): \(reason.message)")
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
    case .notify(let kind):
      ["event": "notify", "kind": .int(kind)]
    case .reconnecting(let reason, let attempt, let delay):
      [
        "event": "reconnecting", "reason": .string(reason), "attempt": .int(attempt),
        "delay_ms": .int(delay.milliseconds),
      ]
    case .reconnected:
      ["event": "reconnected"]
    case .error(let code, let message):
      ["event": "error", "code": .string(code), "message": .string(message)]
    case .closed(let books):
      [
        "event": "closed", "sent": .int(books.framesSent), "received": .int(books.framesReceived),
        "dropped": .object(
          DropReason.allCases.map { JSONValue.Member(name: $0.description, value: .int(books.drops[$0])) }),
      ]
    }
  }
}
