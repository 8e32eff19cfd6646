extension WireError: CustomStringConvertible {
  /// One sentence for a person, without a full stop.
  public var description: String {
    switch self {
    case .empty:
      "the frame is empty"
    case .truncated(let needed, let had):
      "the input is cut short: \(needed) bytes are needed, and \(had) came"
    case .wrongLength(let expected, let had):
      "the value must have \(expected) bytes, and \(had) came"
    case .unknownType(let type):
      "no beacon message has the type \(Hex.prefixed(type))"
    case .unexpectedType(let expected, let found):
      "the beacon message has the type \(Hex.prefixed(found)) instead of \(Hex.prefixed(expected))"
    case .unknownMagic(let magic):
      "no tunnel frame starts with \(Hex.prefixed(magic))"
    case .unexpectedMagic(let expected, let found):
      "the tunnel frame starts with \(Hex.prefixed(found)) instead of \(Hex.prefixed(expected))"
    case .nodeIDZero:
      "0 is no node ID"
    case .addressLength(let length):
      "an IP address has 4 or 16 bytes, not \(length)"
    case .beaconName:
      "the beacon's name is no host and port in their normal form"
    case .returnSpan(let from, let until):
      "a time to come back from \(from) to \(until) ms ends before it begins, or after \(ReturnSpan.limit) ms"
    case .checksumMismatch(let expected, let found):
      "the packet's CRC-32 is \(Hex.prefixed(found)), but its bytes give \(Hex.prefixed(expected))"
    case .unsupportedVersion(let version):
      "the packet has version \(version), and only version 1 is known"
    case .payloadTooLong(let limit, let had):
      "at most \(limit) bytes are allowed, and there are \(had)"
    case .noRoom(let needed, let had):
      "the frame takes \(needed) bytes, and the buffer has room for \(had)"
    case .malformedJSON(let fault, let offset):
      "the text is no JSON object: \(fault) at byte \(offset)"
    case .missingMember(let name):
      "the JSON object has no member \"\(name)\""
    case .invalidMember(let name):
      "the JSON member \"\(name)\" has a value of the wrong type or form"
    }
  }
}

extension JSONFault: CustomStringConvertible {
  /// The fault in a few words, to stand inside a sentence.
  public var description: String {
    switch self {
    case .unexpectedByte(let byte): "unexpected byte \(Hex.prefixed(byte))"
    case .unexpectedEnd: "it ends too early"
    case .invalidUTF8: "invalid UTF-8"
    case .invalidEscape: "invalid escape"
    case .loneSurrogate: "half a surrogate pair"
    case .controlCharacter(let byte): "unescaped control character \(Hex.prefixed(byte))"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .tooManyMembers(let limit): "more than \(limit) members"
    case .duplicateKey(let key): "the key \"\(key)\" appears twice"
    case .trailingBytes: "bytes behind the object"
    }
  }
}
