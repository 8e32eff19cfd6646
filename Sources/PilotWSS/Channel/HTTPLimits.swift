import NIOHTTP1

extension NIOHTTPDecoderLimitConfiguration {
  /// What the answer to a WebSocket handshake may hold, with room for what proxies add: a fraction of the library's own
  /// limits.
  static var handshake: NIOHTTPDecoderLimitConfiguration {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 8_192
    limits.maxHeaderListSize = 32_768
    limits.maxHeaderFieldCount = 100
    return limits
  }
}
