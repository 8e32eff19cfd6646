import PilotNode
public import PilotTransport
public import PilotWire
import Synchronization

/// Sending: from any thread, and never waiting for the network.
extension Tunnels {
  /// Sends a datagram to a port of a peer's.
  ///
  /// That it was taken says nothing about its arrival. Without a session it waits for one, 64 datagrams for each peer at most and
  /// 30 s long; no datagram ever leaves in the clear.
  ///
  /// - Parameters:
  ///   - payload: 0 to ``maximumPayloadLength`` bytes, borrowed for the call; more where both sides take fragments
  ///     (``Configuration/maximumFragmentedLength``).
  ///   - peer: Whom it is for.
  ///   - port: Which port of the peer's.
  ///   - source: Which port of this node's an answer goes to.
  /// - Throws: `.frameTooLarge`; `.backpressure` when too many wait; `.unreachable` for a peer whose key isn't known; what
  ///   the node's transport throws. Nothing was sent then.
  public func send(
    _ payload: RawSpan, to peer: NodeID, port: UInt16, from source: UInt16
  ) throws(TransportError) {
    try send(PacketHeader(.datagram, from: id, source, to: peer, port), payload, to: self.peer(peer))
  }

  /// Sends a path probe, which every node with sessions answers with the same payload: ``TunnelEvent/echo(_:)``.
  ///
  /// - Parameters:
  ///   - peer: Whom it is for.
  ///   - payload: 1 to ``maximumPayloadLength`` bytes; an empty one would be a keepalive. What begins with `pathprobe.v1` may
  ///     be taken for one of the sessions' own, and its answer isn't told.
  /// - Throws: As ``send(_:to:port:from:)``; `.emptyFrame`.
  public func probe(_ peer: NodeID, payload: [UInt8]) throws(TransportError) {
    guard !payload.isEmpty else {
      throw TransportError(code: .emptyFrame, message: "an empty probe is a keepalive, and isn't answered")
    }
    let header = PacketHeader(.control, from: id, PilotPort.ping, to: peer, PilotPort.ping)
    guard payload.count <= maximumPayloadLength else {
      self.peer(peer).tooLarge.count()
      throw .frameTooLarge(payload.count, limit: maximumPayloadLength)
    }
    try send(header, payload.span.raw, to: self.peer(peer))
  }

  /// Makes a session with a peer, if there is none. ``events`` tells when there is, or that the peer is refused.
  public func connect(to peer: NodeID) {
    drive { $0.connect(to: peer, at: .now()) }
  }

  private func send(_ header: PacketHeader, _ payload: RawSpan, to peer: TunnelPeer) throws(TransportError) {
    if payload.byteCount > maximumPayloadLength {
      for fragment in try fragments(of: payload.byteCount, to: peer) {
        try send(fragment.header(of: header), payload.extracting(fragment.range), to: peer)
      }
      return
    }
    guard let sealed = try sealedRoute(to: peer, header, payload) else { return }
    let frame: [UInt8]
    do throws(SealingError) {
      frame = try sealed.sealer.sealed(header, payload)
    } catch {
      throw Self.error(error)
    }
    do throws(TransportError) {
      try carry(frame, to: peer.id, by: sealed.route)
      if sealed.isDoubted { try carry(frame, to: peer.id, by: .relay) }
    } catch {
      peer.refused.count()
      throw error
    }
    mark(peer)
  }

  // MARK: What batches use, too

  /// The fragments of a datagram that no frame takes.
  ///
  /// - Throws: `.frameTooLarge`, counted, where the datagram can't go in fragments. The peer is asked whether it takes some, if it
  ///   hasn't said so.
  func fragments(of length: Int, to peer: TunnelPeer) throws(TransportError) -> [FragmentPlace] {
    let limit = peer.fragmentedLimit
    if length <= limit, peer.sealedRoute != nil,
      let places = FragmentPlace.places(
        ofDatagram: peer.nextFragmented(), length: length, room: maximumPayloadLength)
    {
      return places
    }
    if limit == 0, let longest = configuration.maximumFragmentedLength, length <= longest {
      drive { $0.wantFragments(of: peer.id, at: .now()) }
    }
    peer.tooLarge.count()
    throw .frameTooLarge(length, limit: max(limit, maximumPayloadLength))
  }

  /// How a packet goes to a peer; nil if it waits for a session.
  func sealedRoute(
    to peer: TunnelPeer, _ header: PacketHeader, _ payload: RawSpan
  ) throws(TransportError) -> SealedRoute? {
    if let route = peer.sealedRoute { return route }
    switch drive({ $0.send(header, payload, to: peer.id, at: .now()) }) {
    case .session(let sealer): return peer.sealedRoute ?? SealedRoute(sealer, route: .relay, isDoubted: false)
    case .queued: return nil
    case .dropped(.pendingFull): throw .backpressure
    case .dropped:
      throw TransportError(
        code: .unreachable, message: "node \(peer.id) gets no session: its key isn't known; add it to the known peers")
    }
  }

  static func error(_ error: SealingError) -> TransportError {
    switch error {
    case .exhausted: .backpressure
    case .noRoom, .payloadTooLong, .cipherFailed:
      TransportError(code: .system, message: "the datagram can't be sealed (\(error))")
    }
  }

  /// Packets were sent to a peer: its route wants to know, now and then.
  func mark(_ peer: TunnelPeer) {
    let now = MonotonicInstant.now()
    if peer.isMarkDue(at: now) { drive { $0.sent(to: peer.id, at: now) } }
  }

  private func carry(_ frame: [UInt8], to peer: NodeID, by route: TunnelRoute) throws(TransportError) {
    switch route {
    case .relay: try node.send(frame, to: peer)
    case .direct(let endpoint):
      do throws(TransportError) {
        try node.send(frame: frame.span.raw, to: endpoint)
      } catch {
        guard error.code != .backpressure, error.code != .closed else { throw error }
        drive { $0.unsendable(endpoint, to: peer, at: .now()) }
        try node.send(frame, to: peer)
      }
    }
  }

  // MARK: What the sessions send

  /// Sends what the sessions have to send. Nothing by the relay before the beacon is reached: an answer would find nobody, and the
  /// peer gives none again for a second. It is sent when the beacon is reached (``PeerTunnels/reached(at:)``).
  func send(_ frame: [UInt8], to peer: NodeID, by route: TunnelRoute) {
    if route == .relay, !node.state.isReady { return tally.refusedByNode.count() }
    do throws(TransportError) {
      switch route {
      case .relay: try node.send(frame, to: peer)
      case .direct(let endpoint): try node.send(frame: frame.span.raw, to: endpoint)
      }
    } catch {
      // Keys are exchanged again, and probes are repeated.
      tally.refusedByNode.count()
    }
  }

  func requestPunch(_ peer: NodeID) {
    guard let datagrams = node.datagrams else { return }
    do throws(TransportError) {
      try node.send(frame: PunchRequest(requester: id, target: peer).encoded().span.raw, to: datagrams.beacon)
    } catch {
      tally.refusedByNode.count()
    }
  }
}
