import PilotTransport

/// Whether new peers are welcome, for whoever decides where they go.
struct Readiness: Sendable, Equatable {
  var isServing = true
  /// Until when the certificate is valid, in seconds since 1970; nil without one.
  var certificateExpiry: Int?
  /// Whether connections to the WebSocket port are accepted; true without one.
  var isAccepting = true
  /// Whether there are as many WebSocket peers as there may be.
  var isFull = false
  /// Whether nobody's key can be had (``RegistryHealth/isUnheard(at:)``).
  var lacksKeys = false

  /// Why they should go elsewhere, in a word or two; nil if they are welcome.
  ///
  /// - Parameter unixTime: In seconds since 1970.
  func obstacle(at unixTime: UInt64 = WallClock.unixTime()) -> String? {
    if !isServing { return "draining" }
    if let certificateExpiry, UInt64(clamping: certificateExpiry) <= unixTime { return "certificate expired" }
    if !isAccepting { return "not accepting" }
    if isFull { return "full" }
    return lacksKeys ? "no keys" : nil
  }
}
