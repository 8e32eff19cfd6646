public import PilotWire
import Synchronization

/// How it stands with a peer: totals since this node first had to do with it, and what holds now.
public struct PeerReport: Sendable, Equatable {
  /// The peer.
  public let peer: NodeID
  /// How its frames go.
  public let route: PeerRoute
  /// How long a frame takes there and back, smoothed: over a direct path. Nil where that isn't known.
  public let roundTrip: Duration?
  /// Frames that were sealed for it, keepalives and probes among them.
  public let sent: UInt64
  /// Bytes of payload in those.
  public let sentBytes: UInt64
  /// Datagrams of its that were opened and handed on.
  public let received: UInt64
  /// Bytes of payload in those.
  public let receivedBytes: UInt64
  /// What was dropped, both ways.
  public let drops: Drops

  /// What was dropped, by reason.
  public struct Drops: Sendable, Equatable {
    /// Payloads longer than ``Tunnels/maximumPayloadLength``.
    public var tooLarge: UInt64 = 0
    /// Frames that came for no session, or under the key of one that has gone.
    public var noSession: UInt64 = 0
    /// Datagrams to a peer that gets no session.
    public var refused: UInt64 = 0
    /// Datagrams that waited too long for a session.
    public var expired: UInt64 = 0
    /// Datagrams that found too many waiting for a session.
    public var pendingFull: UInt64 = 0
    /// Frames that came twice, or far too late.
    public var replayed: UInt64 = 0
    /// Frames that don't open, key exchanges that don't verify.
    public var forged: UInt64 = 0
    /// Frames that open, and aren't what they have to be.
    public var malformed: UInt64 = 0
    /// Datagrams of which fragments were missing, and fragments that nobody puts together.
    public var incomplete: UInt64 = 0
    /// What the node's transports didn't take.
    public var unsendable: UInt64 = 0

    /// None.
    public init() {}
  }
}

extension Tunnels {
  /// The peers that have a session now, in the order of their IDs.
  public var connectedPeers: [NodeID] { state.withLock { $0.peers }.sorted() }

  /// How it stands with a peer; nil for one that this node never had to do with.
  public func report(on id: NodeID) -> PeerReport? {
    let (counters, roundTrip) = state.withLock { ($0.sessions.counters(of: id), $0.roundTrip(to: id)) }
    let peer = peers.withLock { $0[id] }
    guard counters != nil || peer != nil else { return nil }
    let sums = counters ?? TunnelCounters()
    var drops = PeerReport.Drops()
    drops.tooLarge = peer?.tooLarge.load(ordering: .relaxed) ?? 0
    drops.unsendable = peer?.refused.load(ordering: .relaxed) ?? 0
    drops.noSession = sums[.noSession]
    drops.refused = sums[.refused] + sums[.unknownPeer]
    drops.expired = sums[.pendingExpired]
    drops.pendingFull = sums[.pendingFull]
    drops.replayed = sums[.replayed] + sums[.closedPrefix]
    drops.forged =
      sums[.forged] + sums[.wrongSignature] + sums[.wrongKey] + sums[.weakKey] + sums[.unauthenticated]
    drops.malformed = sums[.malformedPacket] + sums[.wrongSource] + sums[.wrongDestination]
    drops.incomplete = sums[.incomplete] + sums[.fragmentUnfit] + sums[.fragmentRefused]
    return PeerReport(
      peer: id, route: told.withLock { $0[id] } ?? .none, roundTrip: roundTrip, sent: sums.sealed,
      sentBytes: sums.sealedBytes, received: sums.received, receivedBytes: sums.receivedBytes, drops: drops)
  }
}
