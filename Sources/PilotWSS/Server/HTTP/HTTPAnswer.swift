import NIOCore
package import NIOHTTP1
import PilotTransport

/// A short answer to an HTTP request, the last one of its connection.
package struct HTTPAnswer: Sendable {
  package let status: HTTPResponseStatus
  package let text: String
  /// The media type of the text. Default plain text.
  package let type: String
  /// Further fields. `Date`, `Content-Type`, `Content-Length` and `Connection` are added; `Upgrade` makes it part of the latter.
  package let fields: HTTPHeaders

  package init(
    _ status: HTTPResponseStatus, _ text: String, type: String = "text/plain; charset=utf-8", fields: HTTPHeaders = [:]
  ) {
    (self.status, self.text, self.type, self.fields) = (status, text, type, fields)
  }

  /// Whether the request was served.
  var isError: Bool { status.code >= 400 }

  /// The answer as bytes, without the text if only the head was asked for.
  ///
  /// Its date (RFC 9110, section 6.6.1) is how whoever can't get in learns that one of the two clocks is wrong.
  func bytes(isHead: Bool, at unixTime: UInt64 = WallClock.unixTime()) -> ByteBuffer {
    var head = HTTPHeaders([
      ("Date", HTTPDate.text(unixTime)), ("Content-Type", type), ("Content-Length", String(text.utf8.count)),
    ])
    head.add(contentsOf: fields)
    head.add(name: "Connection", value: fields.contains(name: "Upgrade") ? "Upgrade, close" : "close")
    return .response(status, head, body: isHead ? "" : text)
  }
}

extension ByteBuffer {
  /// An HTTP/1.1 response.
  static func response(_ status: HTTPResponseStatus, _ fields: HTTPHeaders, body: String = "") -> ByteBuffer {
    var bytes = ByteBuffer()
    bytes.reserveCapacity(256 + body.utf8.count)
    bytes.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
    for (name, value) in fields {
      bytes.writeString(name)
      bytes.writeStaticString(": ")
      bytes.writeString(value)
      bytes.writeStaticString("\r\n")
    }
    bytes.writeStaticString("\r\n")
    bytes.writeString(body)
    return bytes
  }
}
