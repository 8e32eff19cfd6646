/// How many WebSocket connections a beacon accepts, and how slow and how silent their peers may be.
public struct WSSLimits: Sendable, Equatable {
  /// Authenticated connections at most; beyond it the upgrade is answered 503, and whoever was upgraded already is closed
  /// with 1013. Default 10,000.
  public var maximumConnections = 10_000
  /// Connections that aren't authenticated yet, at most. A newcomer gets in all the same: the oldest one of the source that
  /// holds most goes. Default 1,024.
  public var maximumHandshakes = 1_024
  /// Of these, connections of one source at most: an IPv4 address, or the first 64 bits of an IPv6 address. Beyond it the
  /// source's oldest one goes. Exactly 127.0.0.1 and ::1, and trusted proxies, have no such share. Default 64.
  public var handshakesPerSource = 64
  /// Connections a second from one source, asked before TLS, with the same exceptions; 0 sets no limit. Default 10.
  public var dialsPerSource = 10
  /// Connections at once from one source that has been quiet. Default 100.
  public var dialBurst = 100
  /// From the TCP connection to the upgrade, TLS included. Default 10 s.
  public var handshakeLimit: Duration = .seconds(10)
  /// From the upgrade to the reply that proves the identity. Default 10 s (wire reference, section 3).
  public var authenticationLimit: Duration = .seconds(10)
  /// A peer from which nothing is heard for so long is dropped, pings and pongs included. Default 90 s (same place).
  public var idleLimit: Duration = .seconds(90)
  /// A peer that reads nothing for so long while something waits for it is dropped. Default 30 s.
  public var stallLimit: Duration = .seconds(30)
  /// What waits for one peer, in bytes, frame headers included; the oldest frames of the sender who fills it make room.
  /// Default 1 MiB.
  public var outgoingBytes = 1 << 20
  /// What waits for all peers together. Half of it is shared out among them, half goes to who comes first; a peer that needs
  /// more then loses its own oldest frames. Default 256 MiB.
  public var outgoingBytesInAll = 256 << 20
  /// How long a frame waits for a peer before it is dropped. Default 1 s.
  public var outgoingAge: Duration = .seconds(1)

  /// The defaults.
  public init() {}
}
