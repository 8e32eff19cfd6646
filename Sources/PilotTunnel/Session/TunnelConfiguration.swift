internal import PilotTransport

/// The bounds and times of a node's sessions.
package struct TunnelConfiguration: Sendable, Equatable {
  /// Whether a peer whose key nobody knows may have a session all the same: nothing shows then who it is. Default no.
  package var allowsUnauthenticated = false

  /// The most peers with a confirmed session; the one that has been quiet longest goes. Default 4,096.
  package var peerLimit = 4_096
  /// The most peers that a session is being made with. Default 512.
  package var unconfirmedLimit = 512
  /// The most keys that are being looked up because of a frame. Default 64.
  package var lookUpLimit = 64

  /// The most packets that wait for one peer's session; the newest is dropped. Default 64 (wire reference, section 4).
  package var pendingPerPeer = 64
  /// The most peers that packets wait for. Default 256.
  package var pendingPeers = 256
  /// The most bytes that wait in all. Default 8 MiB.
  package var pendingBytes = 8 << 20
  /// How long a packet waits. Default 30 s.
  package var pendingLife: Duration = .seconds(30)

  /// From a key exchange to the first time that it is repeated. Default 1 s: the peer answers no more often, and the time
  /// after is a long one to lose at the start.
  package var firstRepeat: Duration = .seconds(1)
  /// From then on. Default 4 s (wire reference, section 4).
  package var nextRepeat: Duration = .seconds(4)
  /// How often it is repeated. Default 5.
  package var repeats = 5
  /// The least time from one answer to the same key to the next. Default 1 s.
  package var answerInterval: Duration = .seconds(1)
  /// Without a frame that opens for so long, a peer may have lost our answer. Default 6 s.
  package var silence: Duration = .seconds(6)

  /// How long a candidate waits to be confirmed. Default 30 s.
  package var candidateLife: Duration = .seconds(30)
  /// How long the session before opens what is still under way. Default 10 s.
  package var stragglerTime: Duration = .seconds(10)

  /// How old a session's key gets. Default 1 h; at the node with the higher ID, one ``rekeyPatience`` more.
  package var keyLife: Duration = .seconds(3_600)
  /// After how many frames sealed it is replaced earlier. Default 2^26.
  package var keyFrames: UInt64 = 1 << 26
  /// How long the node with the lower ID has to begin, and from one attempt to the next. Default 60 s.
  package var rekeyPatience: Duration = .seconds(60)

  /// Something is sealed this often, be it nothing but a sign of life. Default 25 s.
  package var keepalive: Duration = .seconds(25)
  /// How long a session without a packet either way is kept. Default 30 min.
  package var idleLife: Duration = .seconds(1_800)
  /// How often the sessions with nothing under way are looked at. Default 5 s.
  package var sweepInterval: Duration = .seconds(5)

  /// How often a second the key exchanges of one origin are verified. Default 5 (wire reference, section 4).
  package var exchangesPerOrigin = 5
  /// Those that come directly, of all origins together. Default 1,000.
  package var directExchanges = 1_000
  /// Those that come by the relay, which have their own. Default 500.
  package var relayedExchanges = 500

  /// The defaults.
  package init() {}
}
