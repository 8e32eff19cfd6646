package import PilotTransport
import PilotWSS
package import PilotWire

/// What happens beside the frames of this relay's source.
extension FrameRelay {
  /// A peer has authenticated. What it replaces is closed.
  ///
  /// - Returns: Whether there was something to replace.
  @discardableResult
  func attach(_ connection: WSSConnection, at now: MonotonicInstant) -> Bool {
    let replaces = engine.attach(connection, &turn)
    performOutputs(at: now)
    return replaces
  }

  /// A peer that is connected to the beacon before is attached here. ``flush()`` is due.
  func attach(_ peer: PeerLinkMessage.Peer, as id: ConnectionID, at now: MonotonicInstant) {
    engine.attach(peer, as: id, &turn)
    performOutputs(at: now)
  }

  /// ICMP has reported that a datagram to an endpoint found nobody. ``flush()`` is due.
  package func reportUnreachable(_ endpoint: Endpoint, quoting quoted: QuotedDatagram, at now: MonotonicInstant) {
    engine.tell(&turn) { $0.unreachable(endpoint, quoting: quoted.bytes, at: now) }
    performOutputs(at: now)
  }

  /// Time has passed: what the router wants to ask is asked. ``flush()`` is due.
  package func tick(at now: MonotonicInstant) {
    var isMore = true
    while isMore {
      engine.tell(&turn) { isMore = $0.tick(at: now) }
      performOutputs(at: now)
    }
  }

  /// Verifies what has waited for it. ``flush()`` is due.
  package func verify(_ job: VerificationJob, at now: MonotonicInstant) {
    switch job {
    case .proof(let proven):
      let node = proven.proof.challenge.node
      let key = authenticator.knownKey(of: node)
      let holds = key.map { authenticator.verifies(proven.proof, by: $0) } ?? false
      engine.tell(&turn) { $0.verified(job, holds: holds, at: now) }
      // Whoever changed the key in between has found nothing to revoke.
      if holds, authenticator.knownKey(of: node) != key { engine.revoke([node]) }
    case .grant(let request, _):
      let holds = authenticator.verifiesGrant(of: request)
      engine.tell(&turn) { $0.verified(job, holds: holds, at: now) }
    }
    performOutputs(at: now)
  }
}
