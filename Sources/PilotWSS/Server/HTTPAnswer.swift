package import NIOCore
package import NIOHTTP1

/// A short answer to an HTTP request, the last one of its connection.
package struct HTTPAnswer: Sendable {
  package let status: HTTPResponseStatus
  package let text: String
  /// The media type of the text. Default plain text.
  package let type: String
  /// Further fields. `Content-Type`, `Content-Length` and `Connection` are added; `Upgrade` makes it part of the latter.
  package let fields: HTTPHeaders

  package init(
    _ status: HTTPResponseStatus, _ text: String, type: String = "text/plain; charset=utf-8", fields: HTTPHeaders = [:]
  ) {
    (self.status, self.text, self.type, self.fields) = (status, text, type, fields)
  }

  /// Sends it, without the text if only the head was asked for, and closes the connection. From the pipeline's last handler.
  package func send(to request: HTTPRequestHead, in context: ChannelHandlerContext) {
    var head = HTTPResponseHead(version: .http1_1, status: status)
    head.headers.add(name: "Content-Type", value: type)
    head.headers.add(name: "Content-Length", value: String(text.utf8.count))
    head.headers.add(contentsOf: fields)
    head.headers.add(name: "Connection", value: fields.contains(name: "Upgrade") ? "Upgrade, close" : "close")
    context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
    if request.method != .HEAD {
      context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    }
    let channel = context.channel
    context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil))).whenComplete { _ in channel.close(promise: nil) }
  }
}
