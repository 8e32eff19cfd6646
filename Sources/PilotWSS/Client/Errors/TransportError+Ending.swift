import PilotTransport
import PilotWire

/// Why a connection ended, in words that say what to try.
extension TransportError {
  private static func nameDoubt(_ name: BeaconName?) -> String {
    name.map { "not know that it is \($0) (its --name), " } ?? ""
  }

  /// A connection ended.
  ///
  /// - Parameter signedName: What the node has signed that it dialled, if it did.
  init(
    _ end: WebSocketEnd, of configuration: WSSTransport.Configuration, wasEstablished: Bool,
    signedName: BeaconName? = nil
  ) {
    let beacon = configuration.beacon
    switch end {
    case .closed(let frame) where frame.code == .policyViolation && !wasEstablished:
      self.init(
        code: .authenticationFailed,
        message: """
          \(beacon) refused node \(configuration.node): \(frame.quotedReason). The beacon may not know this node, know \
          another key for it, \(Self.nameDoubt(signedName))or one of the two clocks is off by more than 30 s
          """)
    case .closed(let frame) where frame.code == .normal && frame.reason == "replaced":
      self.init(
        code: .replaced,
        message: "another connection of node \(configuration.node) took this one's place; is the node running twice?")
    case .closed(let frame):
      self.init(
        code: .connectionLost,
        message:
          "\(beacon) closed the connection (\(frame.code.map(String.init(describing:)) ?? "no code"): \(frame.quotedReason))"
      )
    case .closedHere(let frame):
      self.init(code: .protocolViolation, message: "\(beacon) did not keep to the protocol: \(frame.reason)")
    case .failed(let error):
      self.init(code: .protocolViolation, message: "\(beacon) broke the WebSocket protocol: \(error)")
    case .silent(let time):
      self.init(code: .connectionLost, message: "\(beacon) gave no sign of life within \(time)")
    case .stalled(let time):
      self.init(code: .connectionLost, message: "\(beacon) took nothing of what was sent for \(time)")
    case .authenticationTimedOut:
      self.init(code: .timedOut, message: "\(beacon) did not complete the authentication in time")
    case .lost(let error):
      self.init(
        code: .connectionLost, message: "the connection to \(beacon) was lost",
        cause: error.map(Self.inTheSystemsWords))
    }
  }

  /// Whether calling again soon can't help: the beacon refuses this node, the node runs elsewhere too, or a proxy refuses it,
  /// which may lock whoever shows it a wrong password too often.
  var isHopeless: Bool {
    code == .authenticationFailed || code == .replaced || (code == .proxyRefused && retry == .never)
  }
}

extension WebSocketCloseFrame {
  /// The reason as the peer gave it: at most 123 bytes, without control characters.
  var quotedReason: String {
    reason.isEmpty ? "no reason given" : "\"\(PrintableText.line(reason, limit: 123))\""
  }
}
