package import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// Performs the router's decisions for one source of frames, a UDP socket or an event loop, and sends what goes to UDP in
/// batches: decide, append, and one send when the source has nothing more for the moment. Confined to that source's
/// thread.
package final class FrameRelay {
  private let engine: RelayEngine
  private let udp: any Transport
  private let authenticator: any DiscoverAuthenticator
  private let losses: RelayLosses
  private var batch = FrameBatch()

  package init(
    engine: RelayEngine, udp: any Transport, authenticator: any DiscoverAuthenticator, losses: RelayLosses
  ) {
    self.engine = engine
    self.udp = udp
    self.authenticator = authenticator
    self.losses = losses
  }

  /// A frame has come. It is lent for the call.
  package func relay(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) {
    switch engine.decide(frame, from: origin, at: now) {
    case .sendUDP(let endpoint, let header):
      let payload = frame.extracting(droppingFirst: DeliverHeader.payloadOffset)
      append(header: RelayHeader(header).bytes, payload: payload, to: endpoint)
    case .sendCompat(let connection, let header):
      let payload = frame.extracting(droppingFirst: DeliverHeader.payloadOffset)
      if !connection.send(head: RelayHeader(header).bytes, body: payload) { losses.connectionGone() }
    case .answerUDP(let answer, let endpoint):
      send(answer, to: endpoint)
      if answer.invitesProof { invite(frame, from: endpoint, at: now) }
    case .answerCompat(let connection):
      let reply = DiscoverReply(endpoint: connection.remote).encoded()
      if !connection.send(head: reply.span.raw, body: RawSpan()) { losses.connectionGone() }
    case .verifyProof(let source):
      verify(frame, from: source, at: now)
    case .nothing:
      break
    }
  }

  /// Sends the answer to a Discover: its source's own address, and the probe if one is due.
  func send(_ answer: DiscoverAnswer, to endpoint: Endpoint) {
    append(DiscoverReply(endpoint: endpoint).encoded(), to: endpoint)
    if let probe = answer.probe { append(DiscoverReply(endpoint: probe).encoded(), to: probe) }
  }

  /// Sends what has been put together.
  ///
  /// A frame that can't go, such as one that a WSS node may send and no datagram can carry, is dropped by itself; a full
  /// socket buffer drops what is left, since waiting would hold up everybody.
  package func flush() {
    while !batch.isEmpty {
      do throws(TransportError) {
        batch.removeFirst(try udp.send(contentsOf: batch))
      } catch {
        let isFull = error.code == .backpressure || error.code == .closed
        let count = isFull ? batch.count : 1
        losses.unsent(count)
        batch.removeFirst(count)
      }
    }
  }

  private func invite(_ frame: RawSpan, from endpoint: Endpoint, at now: MonotonicInstant) {
    guard let offer = Router.offer(in: frame, at: now),
      let challenge = authenticator.challenge(offer.node, offering: offer.key, stamp: offer.stamp, to: endpoint)
    else { return }
    append(challenge.encoded(), to: endpoint)
  }

  private func verify(_ frame: RawSpan, from source: Endpoint, at now: MonotonicInstant) {
    guard let proof = try? DiscoverProof(parsing: frame) else { return }
    let holds = authenticator.verifies(proof, from: source)
    if let answer = engine.checked(proof, holds: holds, from: source, at: now) { send(answer, to: source) }
  }

  private func append(_ message: [UInt8], to endpoint: Endpoint) {
    append(header: message.span.raw, payload: RawSpan(), to: endpoint)
  }

  private func append(header: RawSpan, payload: RawSpan, to endpoint: Endpoint) {
    if batch.append(header: header, payload: payload, to: endpoint) { return }
    flush()
    if !batch.append(header: header, payload: payload, to: endpoint) { losses.unsent(1) }
  }
}

/// Frames that the router passed on and that could not be sent.
package final class RelayLosses: Sendable {
  private let refused = Atomic<UInt64>(0)
  private let gone = Atomic<UInt64>(0)

  package init() {}

  /// The kernel had no room.
  func unsent(_ count: Int) { refused.add(UInt64(count), ordering: .relaxed) }

  /// The peer's connection ended in the same moment.
  func connectionGone() { gone.add(1, ordering: .relaxed) }

  package var refusedByKernel: UInt64 { refused.load(ordering: .relaxed) }
  var connectionsGone: UInt64 { gone.load(ordering: .relaxed) }
}
