/// What a decoder found: a whole message or a control frame.
///
/// The bytes are lent for the duration of the call that hands the event over. Keeping them past it does not compile.
package enum WebSocketEvent: ~Escapable {
  /// A binary message, put together if it came in fragments.
  case binary(RawSpan)
  /// A text message, put together if it came in fragments, and valid UTF-8.
  case text(RawSpan)
  /// To be answered with a pong of the same payload, at most 125 octets.
  case ping(RawSpan)
  /// The answer to a ping, or unsolicited; at most 125 octets.
  case pong(RawSpan)
  /// The peer's last frame. The decoder gives no event after it.
  case close(WebSocketCloseFrame)
}
