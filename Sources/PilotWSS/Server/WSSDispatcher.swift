/// What a beacon does with what its WebSocket peers send: one dispatcher per event loop, confined to it.
package protocol WSSDispatcher: AnyObject {
  /// A peer has proven its identity. Frames can be sent to it from now on.
  func attached(_ connection: WSSConnection)
  /// A frame, lent for the call. The connection must not be touched from within; sending to any is fine.
  func received(_ frame: RawSpan, on connection: WSSConnection)
  /// An attached peer has sent a frame that isn't handed over, since its connection is being closed.
  func ignored()
  /// All that has arrived on the connection so far has been handed over.
  func readCompleted(on connection: WSSConnection)
  /// An attached peer's connection is being closed: it takes no frame any more when this returns. Called once at least
  /// before ``detached(_:)``, and perhaps again.
  func parting(_ connection: WSSConnection)
  /// An attached peer's connection is over.
  func detached(_ connection: WSSConnection)
  /// A peer was refused.
  func refused(_ refusal: WSSRefusal)
}
