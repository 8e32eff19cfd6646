import PilotTransport
import PilotWSS
import PilotWire

/// Sends every message back as it came: texts at once, binary messages through the outgoing queue, the way that frames
/// take.
final class EchoPeer: WebSocketPeer {
  /// The longest message of the Autobahn test suite (cases 9.1.6 and 9.2.6), in bytes.
  static let maximumMessageLength = 16 << 20

  private let outbound: OutboundQueue

  /// - Parameter outbound: The same as the handler's.
  init(outbound: OutboundQueue) {
    self.outbound = outbound
  }

  /// A handler for one connection, with a peer of its own.
  static func makeHandler(_ role: WebSocketRole) -> WebSocketChannelHandler<EchoPeer> {
    let outbound = OutboundQueue(role: role)
    return WebSocketChannelHandler(
      role: role, peer: EchoPeer(outbound: outbound), outbound: outbound, times: WebSocketTimes(),
      maximumMessageLength: maximumMessageLength)
  }

  func opened(_ link: any WebSocketLink) -> WebSocketReaction { .establish(text: nil) }

  func receive(text: RawSpan) -> WebSocketReaction { .send(text: text.copied()) }

  func receive(binary: RawSpan) -> WebSocketReaction {
    if outbound.append(head: binary, body: RawSpan()) == .queued { return .none }
    return .close(WebSocketCloseFrame(.internalError, reason: "the queue is full"))
  }

  func ignoredBinary() {}

  func established() {}

  func readCompleted() {}

  func ended(_ end: WebSocketEnd) {}
}

extension OutboundQueue {
  /// Room for the longest message and more, and no age at which one is dropped: a test waits at most 100 s.
  convenience init(role: WebSocketRole) {
    var limits = Limits(bytes: 4 * EchoPeer.maximumMessageLength, age: .seconds(300))
    limits.frame = EchoPeer.maximumMessageLength
    limits.first = 0...EchoPeer.maximumMessageLength
    self.init(role: role, limits: limits, overflow: .refuseNewest, now: { .now() })
  }
}
