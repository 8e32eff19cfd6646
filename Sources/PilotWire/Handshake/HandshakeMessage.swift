/// Any text message of a WSS connection (wire reference, section 3).
@nonexhaustive
public enum HandshakeMessage: Hashable, Sendable {
  /// From the beacon: sign this.
  case challenge(AuthChallenge)
  /// From the node: signed.
  case reply(AuthReply)
  /// From the beacon: the node is in.
  case ok
  /// From the beacon, to a node that is in: go, since it is about to end or full.
  case drain(DrainNotice)
  /// A type that this version doesn't know. Reserved for control: to be ignored once the node is in.
  case unknown(type: String)

  /// The longest text that is read by default, in bytes. The messages of the wire have fewer than 700.
  public static let defaultMaximumLength = 4_096

  /// Reads a text message: one JSON object in UTF-8, whose unknown members are ignored.
  ///
  /// - Parameters:
  ///   - text: the whole message.
  ///   - maximumLength: the longest text to look at, in bytes.
  /// - Throws: `WireError.payloadTooLong`, `.malformedJSON`, `.missingMember`, `.invalidMember`, `.nodeIDZero`,
  ///   `.returnSpan`.
  public init(
    parsing text: RawSpan, maximumLength: Int = HandshakeMessage.defaultMaximumLength
  ) throws(WireError) {
    let object = try FlatJSON(parsing: text, maximumLength: maximumLength)
    switch try object.string("type") {
    case AuthChallenge.type: self = .challenge(try AuthChallenge(object))
    case AuthReply.type: self = .reply(try AuthReply(object))
    case AuthOK.type: self = .ok
    case DrainNotice.type: self = .drain(try DrainNotice(object))
    case let type: self = .unknown(type: type)
    }
  }
}
