import NIOHTTP1

extension NIOHTTPDecoderLimitConfiguration {
  /// What a WebSocket handshake may hold, with room for what proxies add. The library's own limits let a thousand
  /// connections that have proven nothing hold 2 GB.
  static var handshake: NIOHTTPDecoderLimitConfiguration {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 8_192
    limits.maxHeaderListSize = 32_768
    limits.maxHeaderFieldCount = 100
    return limits
  }
}
