/// What speaks over a WebSocket connection: authentication first, frames then. Confined to the connection's event loop.
///
/// While bytes are being decoded the connection must not be touched: what a peer wants done it returns as a
/// ``WebSocketReaction``.
package protocol WebSocketPeer: AnyObject, SendableMetatype {
  /// The upgrade is complete.
  func opened(_ link: any WebSocketLink) -> WebSocketReaction
  /// A text message, lent for the call.
  func receive(text: RawSpan) -> WebSocketReaction
  /// A binary message, lent for the call.
  func receive(binary: RawSpan) -> WebSocketReaction
  /// A binary message has come that isn't handed over, since the connection is being closed.
  func ignoredBinary()
  /// ``WebSocketReaction/establish(text:)`` is being performed: the outgoing queue is open, and the text leaves, ahead of
  /// all frames, when this returns. Not if the connection is closed from within.
  func established()
  /// All that has arrived so far has been handed over.
  func readCompleted()
  /// The connection is over. Called once, as the last thing.
  func ended(_ end: WebSocketEnd)
}

/// What a peer wants done on its connection.
package enum WebSocketReaction: Sendable, Equatable {
  case none
  /// Send a text message.
  case send(text: [UInt8])
  /// Authentication has succeeded: lift the authentication limit, open the outgoing queue, tell the peer, and then send the
  /// text if there is one, before any frame.
  case establish(text: [UInt8]?)
  /// Close with this code and reason. Nothing received later is handed over.
  case close(WebSocketCloseFrame)
  /// Take no more frames, send those that wait, at most for as long as they may, and then close with this code and reason. What
  /// is received until the peer's Close is handed over.
  case leave(WebSocketCloseFrame)
  /// End TCP at once, without a Close.
  case abandon
}

/// The connection as its peer sees it.
package protocol WebSocketLink: AnyObject {
  /// Does what a peer decided outside of a call. On the event loop only.
  func perform(_ reaction: WebSocketReaction)
}

/// How a connection ended.
package enum WebSocketEnd: Sendable {
  /// By the peer's Close.
  case closed(WebSocketCloseFrame)
  /// By this end's Close.
  case closedHere(WebSocketCloseFrame)
  /// The peer broke RFC 6455.
  case failed(WebSocketProtocolError)
  /// Nothing was heard for this long.
  case silent(Duration)
  /// The peer took nothing for this long although something waited.
  case stalled(Duration)
  /// Authentication took longer than its limit.
  case authenticationTimedOut
  /// TCP or TLS ended without a Close.
  case lost((any Error)?)
}
