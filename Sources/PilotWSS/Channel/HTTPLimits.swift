package import NIOHTTP1

extension NIOHTTPDecoderLimitConfiguration {
  /// What a WebSocket handshake, or another request to a beacon, may hold, with room for what proxies add. The library's own
  /// limits let a thousand connections that have proven nothing hold 2 GB.
  package static var handshake: NIOHTTPDecoderLimitConfiguration {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 8_192
    limits.maxHeaderListSize = 32_768
    limits.maxHeaderFieldCount = 100
    return limits
  }
}
