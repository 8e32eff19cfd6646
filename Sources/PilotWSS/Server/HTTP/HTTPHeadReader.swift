import NIOCore
import NIOHTTP1
import PilotWire

/// Reads the head of one HTTP/1 request (RFC 9112, sections 3 and 5), and leaves what is behind it alone.
///
/// A beacon answers one request on a connection, so it needs no parser for bodies and for messages behind them. Strict where
/// leniency has led to faults: lines end in CR LF, no space stands before a colon, no line is folded. Bounded in bytes,
/// before anything is taken apart. Of the bytes, each is looked at twice at most, however they are cut.
struct HTTPHeadReader: Sendable {
  /// The longest head, in bytes, with room for what proxies add.
  static let limit = 32_768
  /// The longest line.
  static let lineLimit = 8_192
  /// Most fields.
  static let fieldLimit = 100

  /// Why there is no head.
  enum Fault: Error, Equatable {
    /// It doesn't begin with a method.
    case notHTTP
    /// A limit is exceeded.
    case tooLarge
    /// Which part of it is broken.
    case malformed(String)
  }

  private(set) var bytes = ByteBuffer()
  /// How many bytes have been looked at in vain.
  private var scanned = 0

  /// Takes bytes, and the head with the empty line behind it as soon as that is there. ``bytes`` are then what is left.
  ///
  /// - Returns: The head, or nil if more is to come.
  mutating func read(_ more: ByteBuffer) throws(Fault) -> HTTPRequestHead? {
    if bytes.readableBytes == 0 {
      bytes = more
    } else {
      bytes.writeImmutableBuffer(more)
    }
    guard let length = try Self.headLength(bytes.readableBytesSpan, from: scanned) else {
      scanned = bytes.readableBytes
      return nil
    }
    scanned = 0
    guard let head = bytes.readSlice(length: length) else { return nil }
    return try Self.parse(head.readableBytesSpan)
  }

  /// Gives away what is behind the head.
  mutating func takeRest() -> ByteBuffer {
    defer { bytes = ByteBuffer() }
    return bytes
  }

  private static func headLength(_ span: RawSpan, from scanned: Int) throws(Fault) -> Int? {
    let count = span.byteCount
    if count > 0, !isToken(span.byte(at: 0)) { throw .notHTTP }
    for index in scanned..<count where span.byte(at: index) == UInt8(ascii: "\n") {
      guard index >= 1, span.byte(at: index - 1) == UInt8(ascii: "\r") else {
        throw .malformed("lines must end in CR LF")
      }
      guard index < limit else { throw .tooLarge }
      if index >= 2, span.byte(at: index - 2) == UInt8(ascii: "\n") { return index + 1 }
    }
    guard count < limit else { throw .tooLarge }
    return nil
  }

  /// Takes a head apart that ends with its empty line.
  private static func parse(_ span: RawSpan) throws(Fault) -> HTTPRequestHead {
    var next = 0
    var head = try requestLine(span, line(span, &next))
    var fields: [(String, String)] = []
    fields.reserveCapacity(16)
    while true {
      let line = try line(span, &next)
      if line.isEmpty { break }
      guard fields.count < fieldLimit else { throw .tooLarge }
      fields.append(try field(span, line))
    }
    head.headers = HTTPHeaders(fields)
    return head
  }

  /// The line that begins at `next`, without its CR LF; `next` is then behind it. A head ends with an empty one.
  private static func line(_ span: RawSpan, _ next: inout Int) throws(Fault) -> Range<Int> {
    let start = next
    var end = start
    while span.byte(at: end) != UInt8(ascii: "\n") { end += 1 }
    guard end - 1 - start <= lineLimit else { throw .tooLarge }
    next = end + 1
    return start..<end - 1
  }

  private static func requestLine(_ span: RawSpan, _ line: Range<Int>) throws(Fault) -> HTTPRequestHead {
    guard let space = line.first(where: { span.byte(at: $0) == 0x20 }),
      let last = line.last(where: { span.byte(at: $0) == 0x20 }), space < last
    else { throw .malformed("the request line isn't METHOD TARGET HTTP/1.1") }
    let (method, target) = (line.lowerBound..<space, space + 1..<last)
    guard !method.isEmpty, method.allSatisfy({ isToken(span.byte(at: $0)) }) else { throw .notHTTP }
    guard !target.isEmpty, target.allSatisfy({ isTarget(span.byte(at: $0)) }) else {
      throw .malformed("the request's target isn't printable ASCII without spaces")
    }
    let version: HTTPVersion
    switch text(span, last + 1..<line.upperBound) {
    case "HTTP/1.1": version = .http1_1
    case "HTTP/1.0": version = .http1_0
    case let other where other.hasPrefix("HTTP/"): throw .malformed("only HTTP/1.1 and HTTP/1.0 are spoken here")
    default: throw .malformed("the request line isn't METHOD TARGET HTTP/1.1")
    }
    return HTTPRequestHead(version: version, method: HTTPMethod(rawValue: text(span, method)), uri: text(span, target))
  }

  private static func field(_ span: RawSpan, _ line: Range<Int>) throws(Fault) -> (String, String) {
    guard let colon = line.first(where: { span.byte(at: $0) == UInt8(ascii: ":") }), colon > line.lowerBound,
      (line.lowerBound..<colon).allSatisfy({ isToken(span.byte(at: $0)) })
    else { throw .malformed("a field isn't NAME: VALUE on one line") }
    var value = colon + 1..<line.upperBound
    while let first = value.first, isBlank(span.byte(at: first)) { value.removeFirst() }
    while let last = value.last, isBlank(span.byte(at: last)) { value.removeLast() }
    guard value.allSatisfy({ isValue(span.byte(at: $0)) }) else { throw .malformed("a field has control characters") }
    return (text(span, line.lowerBound..<colon), text(span, value))
  }

  /// Bytes behind ASCII that aren't UTF-8 are read as Latin-1, as fields had them once (RFC 9110, section 5.5).
  private static func text(_ span: RawSpan, _ range: Range<Int>) -> String {
    let bytes = span.extracting(range)
    if let text = String(utf8: bytes) { return text }
    return String(String.UnicodeScalarView(bytes.byteOffsets.map { Unicode.Scalar(bytes.byte(at: $0)) }))
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func isTarget(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

  private static func isValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

  /// The characters of a token (RFC 9110, section 5.6.2).
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}
