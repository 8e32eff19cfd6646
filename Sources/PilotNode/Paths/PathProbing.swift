import PilotTransport

/// When a UDP path is probed, and what the answers show.
public struct PathProbing: Sendable {
  /// The times and limits.
  public struct Configuration: Sendable, Hashable {
    /// Between two probes of a path that carries frames, while nothing comes in. Default 1 s.
    public var interval: Duration = .seconds(1)
    /// The same under load, or when an answer is missing. Default 500 ms.
    public var busyInterval: Duration = .milliseconds(500)
    /// The same when nobody has sent or got anything for ``idleAfter``. Default 20 s: less than the shortest time after which
    /// a NAT in common use forgets a mapping, 30 s.
    public var idleInterval: Duration = .seconds(20)
    /// After what silence of its users a path is idle. Default 60 s.
    public var idleAfter: Duration = .seconds(60)
    /// Between two probes of a path that carries none, to see whether it works again. Default 4 s, up to a tenth less.
    public var awayInterval: Duration = .seconds(4)
    /// From how many frames a second on a path is under load. Default 20.
    public var load = 20
    /// How long an answer is waited for: three round trips, at least this. Default 500 ms.
    public var shortestWait: Duration = .milliseconds(500)
    /// And at most this. Default 3 s.
    public var longestWait: Duration = .seconds(3)
    /// A path is given up when so many answers in a row are missing. Default 3.
    public var misses = 3
    /// And when the first of them was asked for so long ago. Default 6.5 s.
    public var span: Duration = .milliseconds(6_500)

    /// The defaults.
    public init() {}
  }
}
