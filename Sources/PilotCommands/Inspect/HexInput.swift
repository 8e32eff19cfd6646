import PilotConsole
internal import PilotWire

/// Bytes written as hex, the way people and tools write them down.
enum HexInput {
  /// The bytes of hex digits, with white space and colons anywhere in between, and `0x` in front if need be.
  static func bytes(of text: String) throws(CommandFailure) -> [UInt8] {
    let scalars = text.unicodeScalars
    let digits = scalars.filter { !($0.properties.isWhitespace || $0 == ":") }
    var rest = digits[...]
    if rest.starts(with: "0x".unicodeScalars) || rest.starts(with: "0X".unicodeScalars) { rest = rest.dropFirst(2) }
    if let stray = rest.first(where: { !isDigit($0) }) {
      throw CommandFailure(
        "the input is no hex: it has the character \"\(String(stray).onOneLine)\"",
        hint: "write two digits (0-9, a-f) for each byte")
    }
    guard let bytes = Hex.decode(String(rest)) else {
      throw CommandFailure(
        "the input has \(rest.count) hex digits, and that is half a byte too many", hint: "write two for each byte")
    }
    return bytes
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && Hex.value(ofDigit: UInt8(truncatingIfNeeded: scalar.value)) != nil
  }
}
