import PilotNode
import PilotTransport
import PilotTunnel
import PilotWire
import Synchronization

/// How the peers are: what has gone through, how long it takes there and back, and who says nothing.
final class PeerBook: Sendable {
  private struct State {
    var roundTrips: [NodeID: Duration] = [:]
    var silence = SilenceWatch()
    var sentAt: [UInt32: MonotonicInstant] = [:]
    var lastNumber: UInt32 = 0
  }

  /// How many probes are waited for at most.
  private static let probeLimit = 64

  private let tunnels: Tunnels
  private let tallies: PeerTallies
  private let session = UInt64.random(in: .min ... .max)
  private let state = Mutex(State())

  init(_ tunnels: Tunnels, tallies: PeerTallies) {
    (self.tunnels, self.tallies) = (tunnels, tallies)
  }

  /// All peers that anything was forwarded to or from, or is going to be.
  var peers: [ForwardStatus.Peer] {
    tallies.peers.map { peer in
      let report = tunnels.report(on: peer)
      return ForwardStatus.Peer(
        id: peer, path: report.flatMap { PeerPath($0.path) } ?? .none, statistics: statistics(of: peer, report))
    }
  }

  private func statistics(of peer: NodeID, _ report: PeerReport?) -> PeerStatistics {
    let tally = tallies.of(peer)
    let drops = report?.drops ?? PeerReport.Drops()
    let roundTrip = state.withLock { $0.roundTrips[peer] }
    return PeerStatistics(
      sent: tally.sent, received: tally.received, sentBytes: tally.sentBytes, receivedBytes: tally.receivedBytes,
      roundTrip: roundTrip.map { UInt64(clamping: $0.clampedNanoseconds / 1_000) },
      dropped: [
        .init(reason: "too_large", count: drops.tooLarge), .init(reason: "no_session", count: drops.noSession),
        .init(reason: "refused", count: drops.refused), .init(reason: "expired", count: drops.expired),
        .init(reason: "pending_full", count: drops.pendingFull), .init(reason: "replayed", count: drops.replayed),
        .init(reason: "forged", count: drops.forged), .init(reason: "malformed", count: drops.malformed),
        .init(reason: "incomplete", count: drops.incomplete), .init(reason: "unsendable", count: drops.unsendable),
        .init(reason: "no_flow", count: tally.droppedHere),
      ])
  }

  // MARK: Round trips

  /// Sends a probe to each peer that there is a session with.
  func probe(at now: MonotonicInstant) {
    let peers = tunnels.connectedPeers.prefix(Self.probeLimit)
    guard !peers.isEmpty else { return }
    let number = state.withLock { state in
      state.lastNumber &+= 1
      state.sentAt[state.lastNumber] = now
      if state.sentAt.count > Self.probeLimit {
        state.sentAt = state.sentAt.filter { $0.value.advanced(by: PingRun.patience) > now }
      }
      return state.lastNumber
    }
    let payload = PingProbe(session: session, number: number).bytes
    // One that can't be sent now is missing from an average.
    for peer in peers { try? tunnels.probe(peer, payload: payload) }
  }

  /// A peer has answered a probe, perhaps one of these.
  func echoed(_ echo: TunnelEcho) {
    guard let probe = PingProbe(parsing: echo.payload), probe.session == session else { return }
    state.withLock { state in
      guard let sentAt = state.sentAt[probe.number] else { return }
      let time = sentAt.duration(to: echo.arrival)
      // Smoothed as TCP does it (RFC 6298, section 2).
      state.roundTrips[echo.peer] = state.roundTrips[echo.peer].map { ($0 * 7 + time) / 8 } ?? time
    }
  }

  // MARK: Silence

  /// It was told why nothing comes from a peer.
  func explain(_ peer: NodeID, at now: MonotonicInstant) { state.withLock { $0.silence.explained(peer, at: now) } }

  /// Looks at the peers that are sent to, and finds those that are to be named because they say nothing.
  func silent(of peers: [NodeID], at now: MonotonicInstant) -> [NodeID] {
    let isReady = tunnels.node.state.isReady
    let connected = Set(tunnels.connectedPeers)
    return state.withLock { state in
      peers.filter { peer in
        state.silence.look(at: peer, isSentTo: isReady, hasPath: connected.contains(peer), at: now)
      }
    }
  }
}
