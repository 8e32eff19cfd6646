import PilotTransport
import PilotWire

/// A client's connection to a hostile beacon, driven by a program: each step is a byte that says what happens, then what it
/// needs.
///
/// What must hold, whatever comes: the client sends frames only after it was let in; what it sends keeps RFC 6455, masks
/// included; it says at most once that it is in and that the connection is down; and it takes in no more than its bounds.
enum ClientTarget {
  private enum Step: Int, CaseIterable {
    case bytes, acceptUpgrade, challenge, welcome, message, anyFrame, send, time
  }

  static func run(_ input: [UInt8]) throws(Violation) -> Bool {
    guard let client = FuzzedClient() else { throw Violation("the client could not be made") }
    do throws(Violation) {
      try play(input, client)
    } catch {
      client.hangUp()
      throw error
    }
    client.hangUp()
    try client.checkInbox()
    return client.isEstablished
  }

  private static func play(_ input: [UInt8], _ client: FuzzedClient) throws(Violation) {
    var reader = InputReader(input)
    while !reader.isAtEnd, client.isOpen {
      guard let step = Step(rawValue: reader.number(below: Step.allCases.count)) else { continue }
      switch step {
      case .bytes:
        // Any bytes may spell the welcome, too.
        client.mayBeWelcome = true
        client.receive(reader.block())
      case .acceptUpgrade: try client.acceptUpgrade()
      case .challenge: client.receive(webSocketFrame(0x81, Array(challenge.utf8)))
      case .welcome:
        client.mayBeWelcome = true
        client.receive(webSocketFrame(0x81, Array(AuthOK().json.utf8)))
      case .message: client.receive(webSocketFrame(0x82, reader.block()))
      case .anyFrame:
        client.mayBeWelcome = true
        let head = reader.byte()
        client.receive(webSocketFrame(head, reader.block()))
      case .send: client.send(reader.block())
      case .time: client.advance(by: .seconds(reader.number(below: 50)))
      }
      try client.check()
    }
  }

  private static let challenge =
    #"{"type":"auth_challenge","nonce":"\#(String(repeating: "0a", count: 32))","ts":\#(FuzzedNode.unixTime)}"#
}
