internal import Crypto
internal import PilotWire

/// The value of `Sec-WebSocket-Key`: 16 octets in base64 (RFC 6455, section 4.1). It proves that a server understood
/// the request, and nothing about who it is.
package struct WebSocketKey: Equatable, Sendable {
  /// The text as it stands in the field.
  package let text: String

  /// A fresh key for one attempt, from the system's secure generator.
  package static func random() -> WebSocketKey {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return WebSocketKey(unchecked: Base64.encode(bytes.span.raw))
  }

  /// `nil` unless `text` decodes to 16 octets: 22 digits of base64 and two signs of padding. The last digit's unused
  /// bits may be anything, as deployed clients' are.
  package init?(text: String) {
    let octets = text.utf8
    guard octets.count == 24, octets.suffix(2).elementsEqual("==".utf8) else { return nil }
    guard octets.dropLast(2).allSatisfy(Self.base64Digits.contains) else { return nil }
    self.text = text
  }

  private init(unchecked text: String) {
    self.text = text
  }

  /// The value of `Sec-WebSocket-Accept` that answers this key (RFC 6455, section 4.2.2, step 5.4).
  package var accept: String {
    let identifier = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    let hash = Array(Insecure.SHA1.hash(data: Array((text + identifier).utf8)))
    return Base64.encode(hash.span.raw)
  }

  private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
