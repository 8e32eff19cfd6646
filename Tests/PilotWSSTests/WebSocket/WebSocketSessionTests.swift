import PilotTesting
import PilotWire
import Testing

@testable import PilotWSS

@Suite("WebSocket session")
struct WebSocketSessionTests {
  private static let away = WebSocketCloseFrame(.goingAway, reason: "restart")
  private static let error = WebSocketProtocolError.reservedBits

  private func payload(_ bytes: [UInt8]) -> WebSocketControlPayload {
    WebSocketControlPayload(bytes.span.raw)
  }

  @Test("A Ping is answered once, with its payload, and only the latest of several")
  func pings() {
    var session = WebSocketSession(role: .server)
    #expect(session.takePong() == nil)
    session.receivePing([1])
    session.receivePing([2, 3])
    #expect(session.takePong() == payload([2, 3]))
    #expect(session.takePong() == nil)
    session.receivePing([])
    #expect(session.takePong() == payload([]))
    #expect(session.isOpen)
  }

  @Test(
    "The peer's Close is answered with its code; the server then closes TCP, the client waits for it",
    arguments: [
      (WebSocketRole.server, WebSocketSession.Ending.closeTransport),
      (WebSocketRole.client, WebSocketSession.Ending.awaitTransportEnd),
    ])
  func peerCloses(role: WebSocketRole, ending: WebSocketSession.Ending) {
    var session = WebSocketSession(role: role)
    let answer = WebSocketCloseFrame(.goingAway)
    #expect(session.receiveClose(Self.away) == .sendClose(answer, pong: nil, then: ending))
    #expect(!session.isOpen)
    #expect(session.outcome == .closed(Self.away))
    #expect(session.receiveClose(Self.away) == .ignore)
    #expect(session.close(Self.away) == .ignore)
    #expect(session.fail(Self.error) == .ignore)
    #expect(session.closeTimedOut() == .finish(.closeTransport))
    #expect(session.transportEnded() == .closed(Self.away))
  }

  @Test("A Close without a code is answered without one")
  func emptyClose() {
    var session = WebSocketSession(role: .server)
    #expect(session.receiveClose(.empty) == .sendClose(.empty, pong: nil, then: .closeTransport))
  }

  @Test("A Ping that came before the peer's Close is answered before the Close is")
  func pingThenClose() {
    var session = WebSocketSession(role: .server)
    session.receivePing([7])
    let answer = WebSocketCloseFrame(.goingAway)
    #expect(session.receiveClose(Self.away) == .sendClose(answer, pong: payload([7]), then: .closeTransport))
    #expect(session.takePong() == nil)
  }

  @Test(
    "A Close of ours is sent once; with the peer's the connection is closed",
    arguments: [
      (WebSocketRole.server, WebSocketSession.Ending.closeTransport),
      (WebSocketRole.client, WebSocketSession.Ending.awaitTransportEnd),
    ])
  func weClose(role: WebSocketRole, ending: WebSocketSession.Ending) {
    var session = WebSocketSession(role: role)
    #expect(session.close(Self.away) == .sendClose(Self.away, pong: nil, then: .awaitClose))
    #expect(!session.isOpen)
    #expect(session.outcome == nil)
    #expect(session.close(.empty) == .ignore)
    session.receivePing([1])
    #expect(session.takePong() == nil)
    let theirs = WebSocketCloseFrame(.normal)
    #expect(session.receiveClose(theirs) == .finish(ending))
    #expect(session.outcome == .closed(theirs))
  }

  @Test("A broken rule is answered with its code, and TCP is closed by either role", arguments: WebSocketRole.allCases)
  func fails(role: WebSocketRole) {
    var session = WebSocketSession(role: role)
    let close = WebSocketCloseFrame(.protocolError, reason: Self.error.description)
    #expect(session.fail(Self.error) == .sendClose(close, pong: nil, then: .closeTransport))
    #expect(session.fail(Self.error) == .ignore)
    #expect(session.close(Self.away) == .ignore)
    #expect(session.receiveClose(Self.away) == .ignore)
    #expect(session.transportEnded() == .failed(Self.error))
  }

  @Test("A broken rule after our Close sends no second one", arguments: WebSocketRole.allCases)
  func failsWhileClosing(role: WebSocketRole) {
    var session = WebSocketSession(role: role)
    _ = session.close(Self.away)
    #expect(session.fail(.messageTooLong(limit: 1)) == .finish(.closeTransport))
    #expect(session.outcome == .failed(.messageTooLong(limit: 1)))
  }

  @Test("A Close that isn't answered in time ends in TCP's, a timer without a Close in nothing")
  func timesOut() {
    var session = WebSocketSession(role: .client)
    #expect(session.closeTimedOut() == .ignore)
    #expect(session.isOpen)
    _ = session.close(Self.away)
    #expect(session.closeTimedOut() == .finish(.closeTransport))
    #expect(session.outcome == .lost)
    #expect(session.receiveClose(Self.away) == .ignore)
  }

  @Test("TCP's end without the peer's Close is a loss, in every state before it")
  func losesTransport() {
    var open = WebSocketSession(role: .client)
    #expect(open.transportEnded() == .lost)
    #expect(!open.isOpen)
    #expect(open.close(Self.away) == .ignore)
    var closing = WebSocketSession(role: .server)
    _ = closing.close(Self.away)
    #expect(closing.transportEnded() == .lost)
  }

  @Test("Random events: at most one Close is sent, nothing after it, and a closed session stays as it ended")
  func randomEvents() {
    for seed in 0..<2_000 as Range<UInt64> {
      var generator = SeededRandom(seed: seed)
      var session = WebSocketSession(role: WebSocketRole.allCases[Int(seed & 1)])
      var closes = 0
      var outcome: WebSocketSession.Outcome?
      for _ in 0..<12 {
        var action = WebSocketSession.Action.ignore
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: session.receivePing([1])
        case 1: if session.takePong() != nil { #expect(closes == 0, "seed \(seed)") }
        case 2: action = session.receiveClose(Self.away)
        case 3: action = session.close(.empty)
        case 4: action = session.fail(Self.error)
        case 5: action = session.closeTimedOut()
        default: if generator.next() & 3 == 0 { _ = session.transportEnded() }
        }
        if case .sendClose = action { closes += 1 }
        #expect(closes <= 1, "seed \(seed)")
        #expect(session.isOpen == (closes == 0 && session.outcome == nil), "seed \(seed)")
        if let outcome { #expect(session.outcome == outcome, "seed \(seed)") }
        outcome = session.outcome
      }
    }
  }
}
