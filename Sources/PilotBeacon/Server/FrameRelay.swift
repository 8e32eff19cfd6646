package import PilotTransport
import PilotWSS
import PilotWire

/// Performs the router's decisions for one source of frames, a UDP socket or an event loop: decide, put together what
/// goes where, and send it all when the source has nothing more for the moment. Confined to that source's thread.
///
/// Frames for UDP are copied into one batch, which the socket sends grouped by destination; frames for a WebSocket peer
/// are encoded into its queue, and its event loop is told of all of them at once.
package final class FrameRelay {
  let engine: RelayEngine
  private let udp: any Transport
  let authenticator: any DiscoverAuthenticator
  let submit: @Sendable (VerificationJob) -> Bool
  let totals: RelayTotals
  private var filter: SourceFilter
  private let lane: ClusterLane?
  private var batch = FrameBatch()
  var turn = RelayEngine.Turn()
  /// How many of the turn's deliveries over WSS have been performed.
  private var enqueued = 0
  /// Connections whose event loops have yet to hear of new frames.
  private var waking: [WSSConnection] = []

  /// - Parameters:
  ///   - udp: The socket that this source's frames leave by.
  ///   - policy: Which addresses may speak over UDP. Default all.
  ///   - lane: This source's part in what is passed on between the beacons of a cluster. Default none.
  ///   - submit: Takes what is to be verified with ``verify(_:at:)`` elsewhere; false if there is no room for it.
  package init(
    engine: RelayEngine, udp: any Transport, authenticator: any DiscoverAuthenticator,
    totals: RelayTotals, policy: AddressPolicy = AddressPolicy(), lane: ClusterLane? = nil,
    submit: @escaping @Sendable (VerificationJob) -> Bool
  ) {
    self.engine = engine
    self.udp = udp
    self.authenticator = authenticator
    self.submit = submit
    self.totals = totals
    filter = SourceFilter(policy)
    self.lane = lane
    turn.actions.reserveCapacity(RelayEngine.decisionsPerTurn)
  }

  /// Datagrams have come, lent for the call. ``flush()`` is due.
  @unsafe
  package func relay(datagrams: LentFrames, at now: MonotonicInstant) {
    let rules = filter.rules()
    var (deciding, spent) = (RunCursor(), SpentShare())
    while unsafe deciding.run < datagrams.runs.count {
      var performing = deciding
      if let lane {
        unsafe lane.look(at: datagrams, from: deciding, limit: RelayEngine.decisionsPerTurn, admitting: rules, at: now)
      }
      unsafe engine.decide(
        datagrams, from: &deciding, admitting: rules, lane?.verdicts ?? [], &spent, into: &turn, at: now)
      var index = 0
      unsafe datagrams.forEachFrame(from: &performing, limit: turn.actions.count) { frame, _ in
        perform(turn.actions[index], on: frame, at: now)
        index += 1
      }
      endTurn(at: now)
    }
  }

  /// A message has come, lent for the call. ``flush()`` is due when all that was read is through.
  func relay(_ frame: RawSpan, from connection: WSSConnection, at now: MonotonicInstant) {
    relay(frame, from: .wss(ConnectionID(rawValue: connection.id), connection.node), at: now)
  }

  /// As above, for a peer that may be connected to the beacon before.
  func relay(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) {
    if let successor = engine.decide(frame, from: origin, at: now, into: &turn) {
      if case .wss(let id, _) = origin { successor.put(.received, of: id.rawValue, frame) }
      return
    }
    perform(turn.actions[0], on: frame, at: now)
    endTurn(at: now)
  }

  private func perform(_ action: RouterAction, on frame: RawSpan, at now: MonotonicInstant) {
    if case .passOn(let beaconID) = action { return passOn(frame, to: beaconID) }
    guard case .deliver(let hop, let header) = action else { return }
    let frame = Self.relay(in: frame)
    let payload = frame.extracting(droppingFirst: DeliverHeader.payloadOffset)
    switch hop {
    case .udp(let endpoint, let local):
      append(header: header.bytes, payload: payload, to: endpoint, from: local)
    case .wss(let id):
      let connection = turn.connections[enqueued]
      enqueued += 1
      if !enqueue(header: header.bytes, payload: payload, from: header.sender, on: connection, id, at: now) {
        detour(frame, at: now)
      }
    }
  }

  /// The Relay that is delivered: what comes from another beacon of the cluster has it inside.
  @inline(__always)
  @_lifetime(copy frame)
  private static func relay(in frame: RawSpan) -> RawSpan {
    frame.byte(at: 0) == BeaconMessageType.clusterRelay.rawValue
      ? frame.extracting(droppingFirst: ClusterRelay.headerLength) : frame
  }

  /// Seals a Relay for another beacon of the cluster.
  @inline(never)
  private func passOn(_ relay: RawSpan, to beaconID: UInt32) {
    let isKnown = lane?.seal(relay, to: beaconID) { length, endpoint, write in
      if batch.append(length: length, to: endpoint, initializingWith: write) { return }
      sendBatch()
      if !batch.append(length: length, to: endpoint, initializingWith: write) { totals.unsent(1) }
    }
    if isKnown != true { totals.connectionGone() }
  }

  /// A frame's connection has ended since it was decided where the frame goes.
  @inline(never)
  private func detour(_ frame: RawSpan, at now: MonotonicInstant) {
    guard case .deliver(.udp(let endpoint, let local), let header)? = engine.detour(of: frame, at: now) else {
      return totals.connectionGone()
    }
    totals.detoured()
    let payload = frame.extracting(droppingFirst: DeliverHeader.payloadOffset)
    append(header: header.bytes, payload: payload, to: endpoint, from: local)
  }

  private func endTurn(at now: MonotonicInstant) {
    turn.actions.removeAll(keepingCapacity: true)
    if enqueued > 0 {
      turn.connections.removeAll(keepingCapacity: true)
      enqueued = 0
    }
    performOutputs(at: now)
  }

  /// Sends what has been put together.
  package func flush() {
    sendBatch()
    for connection in waking { connection.flush() }
    waking.removeAll(keepingCapacity: true)
  }

  /// A frame that can't go, such as one that a WSS node may send and no datagram can carry, is dropped by itself; a full
  /// socket buffer drops what is left, since waiting would hold up everybody.
  private func sendBatch() {
    while !batch.isEmpty {
      do throws(TransportError) {
        batch.removeFirst(try udp.send(contentsOf: batch))
      } catch {
        let isFull = error.code == .backpressure || error.code == .closed
        let count = isFull ? batch.count : 1
        totals.unsent(count)
        batch.removeFirst(count)
      }
    }
  }

  /// Puts one datagram, given in two parts, behind the others.
  func append(header: RawSpan, payload: RawSpan, to endpoint: Endpoint, from local: LocalAddress) {
    if batch.append(header: header, payload: payload, to: endpoint, from: local) { return }
    sendBatch()
    if !batch.append(header: header, payload: payload, to: endpoint, from: local) { totals.unsent(1) }
  }

  /// Puts one frame, given in two parts, behind the others of a peer.
  ///
  /// - Parameters:
  ///   - sender: The node whose frame it is; 0 for the beacon's own.
  ///   - connection: The peer's connection; nil if it isn't here, or not any more.
  ///   - id: Its number.
  /// - Returns: Whether the connection still takes frames.
  func enqueue(
    header: RawSpan, payload: RawSpan, from sender: UInt32, on connection: WSSConnection?, _ id: ConnectionID,
    at now: MonotonicInstant
  ) -> Bool {
    guard let connection else { return engine.pass(header, payload, from: sender, to: id) }
    guard
      let needsFlush = connection.enqueue(head: header, body: payload, from: sender, at: now)
    else { return false }
    if needsFlush { waking.append(connection) }
    return true
  }
}
