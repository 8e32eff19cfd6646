import PilotTransport
import PilotWire

/// The node's end of a connection: authenticates, then hands frames to the reader's queue.
final class WSSClientPeer: WebSocketPeer {
  private var authentication: WSSClientAuthentication
  private let inbound: FrameQueue
  private let beacon: Endpoint
  private let onEstablished: () -> Void
  /// Hears that the beacon is about to end. The connection must not be touched from within; whether it is believed.
  private let onDrain: (DrainNotice) -> Bool
  private let onEnd: (WebSocketEnd, _ wasEstablished: Bool) -> Void
  private(set) var link: (any WebSocketLink)?
  private var repliedAt: MonotonicInstant?
  /// How long the beacon took to answer the reply to its challenge; nil until it has.
  private(set) var roundTrip: Duration?

  init(
    authentication: WSSClientAuthentication, inbound: FrameQueue, beacon: Endpoint,
    onEstablished: @escaping () -> Void, onDrain: @escaping (DrainNotice) -> Bool,
    onEnd: @escaping (WebSocketEnd, _ wasEstablished: Bool) -> Void
  ) {
    self.authentication = authentication
    self.inbound = inbound
    self.beacon = beacon
    self.onEstablished = onEstablished
    self.onDrain = onDrain
    self.onEnd = onEnd
  }

  func opened(_ link: any WebSocketLink) -> WebSocketReaction {
    self.link = link
    return .none
  }

  func receive(text: RawSpan) -> WebSocketReaction {
    switch authentication.receive(text: text) {
    case .reply(let reply):
      repliedAt = .now()
      return .send(text: reply)
    case .established:
      roundTrip = repliedAt?.duration(to: .now())
      return .establish(text: nil)
    case .ignore:
      inbound.countMalformed()
      return .none
    case .drain(let notice):
      if !onDrain(notice) { inbound.countMalformed() }
      return .none
    case .violation(let reason):
      return .close(WebSocketCloseFrame(.policyViolation, reason: reason))
    }
  }

  func receive(binary: RawSpan) -> WebSocketReaction {
    guard authentication.isEstablished else {
      return .close(WebSocketCloseFrame(.policyViolation, reason: "a frame before auth_ok"))
    }
    inbound.push(binary, from: beacon)
    return .none
  }

  func ignoredBinary() {
    if authentication.isEstablished { inbound.countUnread() }
  }

  func established() {
    onEstablished()
  }

  func readCompleted() {}

  /// A beacon that has closed takes nothing more.
  var sendsRestWhenClosed: Bool { false }

  func parting() {}

  func ended(_ end: WebSocketEnd) {
    link = nil
    onEnd(end, authentication.isEstablished)
  }
}
