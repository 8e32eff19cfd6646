/// Which frames a connection may still exchange, and how it ends (RFC 6455, sections 5.5 and 7). It has no clock, no
/// bytes and no socket: the driver reports what happened and does what the result says.
///
///                close()                       peer's Close
///       open ────────────────▶ closing ───────────────────────▶ closed
///         │                       │  fail(), closeTimedOut()       ▲
///         └───────────────────────┴────────────────────────────────┘
///            peer's Close, fail(), transportEnded()
///
/// Data doesn't pass through it: the driver asks ``isOpen`` before it sends or delivers a message.
package struct WebSocketSession: Equatable, Sendable {
  /// What the driver does next.
  package enum Action: Equatable, Sendable {
    /// Nothing.
    case ignore
    /// Send `close`, preceded by a Pong of `pong` if there is one, and go on as `then` says. Nothing may be sent after.
    case sendClose(WebSocketCloseFrame, pong: WebSocketControlPayload?, then: Ending)
    /// Go on as told; there is nothing more to send.
    case finish(Ending)
  }

  /// How a connection goes on after its last frame was sent.
  package enum Ending: Equatable, Sendable {
    /// Go on reading until the peer's Close. Set a timer, and report it to ``WebSocketSession/closeTimedOut()``.
    case awaitClose
    /// Leave it to the server to close TCP, so that the client's port isn't held in TIME_WAIT at the server (section
    /// 7.1.1). Set a timer, and report it to ``WebSocketSession/closeTimedOut()``.
    case awaitTransportEnd
    /// Close TCP once what was sent has been written.
    case closeTransport
  }

  /// How the connection ended, for the log and for the decision to reconnect.
  package enum Outcome: Equatable, Sendable {
    /// Both sides sent a Close; this is the peer's.
    case closed(WebSocketCloseFrame)
    /// The peer broke the protocol.
    case failed(WebSocketProtocolError)
    /// TCP ended without the peer's Close: what section 7.1.5 calls 1006.
    case lost
  }

  private enum State: Equatable {
    /// `pong` answers the latest Ping.
    case open(pong: WebSocketControlPayload?)
    /// Our Close has been sent, the peer's hasn't come.
    case closing
    case closed(Outcome)
  }

  private let role: WebSocketRole
  private var state = State.open(pong: nil)

  /// A connection whose handshake is complete.
  package init(role: WebSocketRole) {
    self.role = role
  }

  /// Whether messages may be sent, and received ones are to be delivered. After our Close nothing more is sent, and
  /// what still comes is ignored.
  @inline(__always)
  package var isOpen: Bool {
    if case .open = state { true } else { false }
  }

  /// `nil` while the connection is open or closing.
  package var outcome: Outcome? {
    if case .closed(let outcome) = state { outcome } else { nil }
  }

  /// A Ping came. It replaces one that wasn't answered yet: only the latest needs an answer (section 5.5.3), so a peer
  /// that pings without reading costs one pong.
  package mutating func receivePing(_ payload: RawSpan) {
    guard case .open = state else { return }
    state = .open(pong: WebSocketControlPayload(payload))
  }

  /// The Pong to send, if one is due: to be asked for when a read ends and whenever the channel becomes writable.
  package mutating func takePong() -> WebSocketControlPayload? {
    guard case .open(let pong?) = state else { return nil }
    state = .open(pong: nil)
    return pong
  }

  /// The peer's Close came. It is answered once, with its own code (section 5.5.1).
  package mutating func receiveClose(_ close: WebSocketCloseFrame) -> Action {
    let ending: Ending = role == .server ? .closeTransport : .awaitTransportEnd
    switch state {
    case .open(let pong):
      state = .closed(.closed(close))
      let answer = close.code.map { WebSocketCloseFrame($0) } ?? .empty
      return .sendClose(answer, pong: pong, then: ending)
    case .closing:
      state = .closed(.closed(close))
      return .finish(ending)
    case .closed:
      return .ignore
    }
  }

  /// This end wants to close. Only the first call sends anything.
  package mutating func close(_ close: WebSocketCloseFrame) -> Action {
    guard case .open(let pong) = state else { return .ignore }
    state = .closing
    return .sendClose(close, pong: pong, then: .awaitClose)
  }

  /// The decoder refused what the peer sent. The peer can't be trusted to answer a Close: TCP is closed at once
  /// (section 7.1.7), by the client too.
  package mutating func fail(_ error: WebSocketProtocolError) -> Action {
    switch state {
    case .open(let pong):
      state = .closed(.failed(error))
      let close = WebSocketCloseFrame(error.closeCode, reason: error.description)
      return .sendClose(close, pong: pong, then: .closeTransport)
    case .closing:
      state = .closed(.failed(error))
      return .finish(.closeTransport)
    case .closed:
      return .ignore
    }
  }

  /// What was awaited after a Close hasn't come in time.
  package mutating func closeTimedOut() -> Action {
    switch state {
    case .open:
      return .ignore
    case .closing:
      state = .closed(.lost)
      return .finish(.closeTransport)
    case .closed:
      return .finish(.closeTransport)
    }
  }

  /// TCP ended, for whatever reason. Nothing can be sent any more.
  package mutating func transportEnded() -> Outcome {
    if case .closed(let outcome) = state { return outcome }
    state = .closed(.lost)
    return .lost
  }
}
