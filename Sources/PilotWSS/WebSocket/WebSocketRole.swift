/// Which end of the connection this process is. It decides who masks (RFC 6455, section 5.1) and who closes TCP first
/// (section 7.1.1).
package enum WebSocketRole: Equatable, Sendable, CaseIterable {
  /// Masks every frame it sends, and refuses a masked one.
  case client
  /// Sends frames in the clear, refuses an unmasked one, and closes TCP first.
  case server
}
