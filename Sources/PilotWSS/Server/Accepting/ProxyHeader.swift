import PilotWire

/// What stands in front of a connection's bytes when a proxy says whom it speaks for: the PROXY protocol
/// (haproxy.org, proxy-protocol.txt), version 2 and the text of version 1.
///
/// ```text
///   2   0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A · 0x20|command:1 · family<<4|transport:1 · length:2 · addresses · TLVs
///       family 1: source:4 · destination:4 · source port:2 · destination port:2
///       family 2: source:16 · destination:16 · source port:2 · destination port:2
///   1   PROXY TCP4|TCP6|UNKNOWN source destination source-port destination-port CR LF, 107 bytes at most
/// ```
struct ProxyHeader: Equatable {
  /// The header's length, in bytes.
  let length: Int
  /// Whom the proxy speaks for; nil if it speaks for itself, or doesn't say.
  let client: Endpoint?

  /// What the first bytes of a connection are.
  enum Finding: Equatable {
    /// More bytes are needed to tell, or for the rest of it.
    case incomplete
    /// Something else.
    case none
    case header(ProxyHeader)
  }

  /// A header that isn't laid out as one, or is too long.
  struct Fault: Error, Equatable {}

  /// The longest header that is taken, in bytes: what proxies send has a few hundred.
  static let limit = 2_048
  private static let longestText = 107

  private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
  private static let text: [UInt8] = Array("PROXY ".utf8)

  /// Looks at the first bytes of a connection.
  static func find(in bytes: RawSpan) throws(Fault) -> Finding {
    if matches(bytes, signature) { return try binary(bytes) }
    if matches(bytes, text) { return try textual(bytes) }
    return .none
  }

  /// Whether the first bytes of a connection can't be anything else.
  static func isBegun(by bytes: RawSpan) -> Bool {
    bytes.byteCount >= text.count && (matches(bytes, signature) || matches(bytes, text))
  }

  /// Whether the bytes begin with these, as far as there are any. Not for no bytes.
  private static func matches(_ bytes: RawSpan, _ start: [UInt8]) -> Bool {
    let count = min(bytes.byteCount, start.count)
    return count > 0 && (0..<count).allSatisfy { bytes.byte(at: $0) == start[$0] }
  }

  private static func binary(_ bytes: RawSpan) throws(Fault) -> Finding {
    guard bytes.byteCount >= 16 else { return .incomplete }
    let (version, command) = (bytes.byte(at: 12) >> 4, bytes.byte(at: 12) & 0x0F)
    let length = 16 + Int(bytes.bigEndian(at: 14, as: UInt16.self))
    guard version == 2, command <= 1, length <= limit else { throw Fault() }
    guard bytes.byteCount >= length else { return .incomplete }
    // 0 is LOCAL: the proxy's own connection, for a health check.
    guard command == 1 else { return .header(ProxyHeader(length: length, client: nil)) }
    switch bytes.byte(at: 13) {
    case 0x11:
      guard length >= 28 else { throw Fault() }
      let address = bytes.bigEndian(at: 16, as: UInt32.self)
      let client = Endpoint(ipv4Address: address, port: bytes.bigEndian(at: 24))
      return .header(ProxyHeader(length: length, client: client))
    case 0x21:
      guard length >= 52 else { throw Fault() }
      let client = Endpoint(
        high: bytes.bigEndian(at: 16), low: bytes.bigEndian(at: 24), port: bytes.bigEndian(at: 48))
      return .header(ProxyHeader(length: length, client: client))
    case 0x00, 0x12, 0x22, 0x31, 0x32:
      // Unknown, over UDP, or a Unix domain socket: no client of this port.
      return .header(ProxyHeader(length: length, client: nil))
    default:
      throw Fault()
    }
  }

  private static func textual(_ bytes: RawSpan) throws(Fault) -> Finding {
    let seen = min(bytes.byteCount, longestText)
    guard let end = (0..<seen).first(where: { bytes.byte(at: $0) == UInt8(ascii: "\n") }) else {
      if seen == longestText { throw Fault() }
      return .incomplete
    }
    guard bytes.byte(at: end - 1) == UInt8(ascii: "\r"), let line = String(utf8: bytes.extracting(0..<end - 1)) else {
      throw Fault()
    }
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    if words.count >= 2, words[1] == "UNKNOWN" { return .header(ProxyHeader(length: end + 1, client: nil)) }
    guard words.count == 6, let client = endpoint(words[2], words[4]), endpoint(words[3], words[5]) != nil,
      words[1] == (words[2].contains(":") ? "TCP6" : "TCP4")
    else { throw Fault() }
    return .header(ProxyHeader(length: end + 1, client: client))
  }

  private static func endpoint(_ address: Substring, _ port: Substring) -> Endpoint? {
    let text = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    // A zone means nothing on another host.
    return address.contains("%") ? nil : try? Endpoint(parsing: text)
  }
}
