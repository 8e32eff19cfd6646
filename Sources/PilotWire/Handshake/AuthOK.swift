/// A beacon's word that the node is in: from here on, binary messages are frames (wire reference, section 3).
public struct AuthOK: Hashable, Sendable {
  static let type = "auth_ok"

  /// The message. It has no parts.
  public init() {}

  /// The message as a text: `{"type":"auth_ok"}`.
  public var json: String { "{\"type\":\"\(Self.type)\"}" }
}
