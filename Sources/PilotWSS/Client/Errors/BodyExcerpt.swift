import NIOCore
import NIOHTTP1

/// The first line of a refusal's body, which tells a person why: `This beacon is at capacity.`
struct BodyExcerpt {
  /// The most that is read, in bytes.
  static let byteLimit = 1_024
  /// The most that is shown, in characters.
  static let characterLimit = 200

  private var bytes: [UInt8] = []

  /// `nil` for a body that isn't meant to be read by people, or can't be without decoding it.
  init?(of head: HTTPResponseHead) {
    let type = head.headers.first(name: "Content-Type")?.prefix { $0 != ";" && $0 != " " }
    guard type?.lowercased() == "text/plain", !head.headers.contains(name: "Content-Encoding") else { return nil }
  }

  /// Takes more of the body.
  /// - Returns: Whether that is enough: more would not be shown.
  mutating func append(_ buffer: ByteBuffer) -> Bool {
    bytes += buffer.readableBytesView.prefix(Self.byteLimit - bytes.count)
    if bytes.count == Self.byteLimit { return true }
    // A line break behind anything but white space.
    return bytes.drop(while: { $0 <= 0x20 }).contains(UInt8(ascii: "\n"))
  }

  /// The line; `nil` if there is none so far.
  var line: String? {
    let line = bytes.drop { $0 <= 0x20 }.prefix { $0 != UInt8(ascii: "\n") }
    let text = PrintableText.line(String(decoding: line, as: UTF8.self), limit: Self.characterLimit)
    return text.isEmpty ? nil : text
  }
}
