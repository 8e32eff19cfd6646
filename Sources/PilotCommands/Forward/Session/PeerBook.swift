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
    var lengths: LengthWatch
    /// What had been sent to each peer when it was last looked at, in datagrams.
    var sentBefore: [NodeID: UInt64] = [:]
    /// The peers that have answered no probe since one was sent to them.
    var unanswering: Set<NodeID> = []
    var sentAt: [UInt32: MonotonicInstant] = [:]
    var lastNumber: UInt32 = 0
  }

  /// How many probes are waited for at most, and how many peers are measured that nothing is sent to.
  private static let probeLimit = 64

  private let tunnels: Tunnels
  private let tallies: PeerTallies
  private let session = UInt64.random(in: .min ... .max)
  private let state: Mutex<State>

  /// - Parameters:
  ///   - tunnels: What knows the peers.
  ///   - tallies: Where datagrams are counted.
  ///   - fragments: Whether datagrams that no frame takes go in fragments.
  init(_ tunnels: Tunnels, tallies: PeerTallies, fragments: Bool) {
    (self.tunnels, self.tallies) = (tunnels, tallies)
    state = Mutex(State(lengths: LengthWatch(patience: fragments ? LengthWatch.agreement : .zero)))
  }

  /// All peers that anything was forwarded to or from, or is going to be.
  var peers: [ForwardStatus.Peer] {
    tallies.peers.map { peer in
      let report = tunnels.report(on: peer)
      return ForwardStatus.Peer(
        id: peer, path: report.flatMap { PeerPath($0.route) } ?? .none, statistics: statistics(of: peer, report))
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

  /// Sends a probe to each peer with a session that something was sent to since the call before, or that hasn't answered: it is seen
  /// by that whether the peer is still there.
  ///
  /// - Parameters:
  ///   - peers: Those that are sent to.
  ///   - measuresAll: Whether to probe all others with a session as well.
  ///   - now: The time.
  func probe(_ peers: [NodeID], measuringAll measuresAll: Bool, at now: MonotonicInstant) {
    let connected = tunnels.connectedPeers
    let connectedSet = Set(connected)
    let used = peers.filter { isUsed($0) && connectedSet.contains($0) }
    let others = measuresAll ? connected.filter { !used.contains($0) }.prefix(Self.probeLimit) : []
    guard !used.isEmpty || !others.isEmpty else { return }
    let number = number(at: now)
    let payload = PingProbe(session: session, number: number).bytes
    for peer in used {
      // Before it is sent: the answer may come at once.
      let isNew = state.withLock { $0.unanswering.insert(peer).inserted }
      do throws(TransportError) {
        try tunnels.probe(peer, payload: payload)
      } catch {
        if isNew { state.withLock { _ = $0.unanswering.remove(peer) } }
      }
    }
    // One that can't be sent now is missing from an average.
    for peer in others { try? tunnels.probe(peer, payload: payload) }
  }

  private func isUsed(_ peer: NodeID) -> Bool {
    let sent = tallies.of(peer).sent
    return state.withLock { state in
      let before = state.sentBefore.updateValue(sent, forKey: peer) ?? 0
      return before != sent || state.unanswering.contains(peer)
    }
  }

  private func number(at now: MonotonicInstant) -> UInt32 {
    state.withLock { state in
      state.lastNumber &+= 1
      state.sentAt[state.lastNumber] = now
      if state.sentAt.count > Self.probeLimit {
        state.sentAt = state.sentAt.filter { $0.value.advanced(by: PingRun.patience) > now }
      }
      return state.lastNumber
    }
  }

  /// A peer has answered a probe, perhaps one of these.
  func echoed(_ echo: TunnelEcho) {
    guard let probe = PingProbe(parsing: echo.payload), probe.session == session else { return }
    state.withLock { state in
      state.unanswering.remove(echo.peer)
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
        let answers = connected.contains(peer) && !state.unanswering.contains(peer)
        guard state.silence.look(at: peer, isSentTo: isReady, answers: answers, at: now) else { return false }
        // What it took when the peer was there says nothing of now.
        state.roundTrips[peer] = nil
        return true
      }
    }
  }

  // MARK: Lengths

  /// The peers that datagrams were too long for, with the length, as far as it is to be told now.
  func tooLarge(at now: MonotonicInstant) -> [(peer: NodeID, length: Int)] {
    tallies.peers.compactMap { peer in
      guard let length = tallies.of(peer).takeLongest() else { return nil }
      return state.withLock { $0.lengths.refused(length, for: peer, at: now) }.map { (peer, $0) }
    }
  }
}
