package import PilotTransport
import PilotWire

/// What takes a signature: the cheap checks where the frame came in, the signature itself elsewhere.
extension FrameRelay {
  /// A proof has come whose challenge is young enough. A forged token costs one HMAC, and goes no further.
  func submitProof(_ frame: RawSpan, from source: Endpoint, _ local: LocalAddress, at now: MonotonicInstant) {
    guard let proof = try? DiscoverProof(parsing: frame) else { return }
    guard authenticator.hasMade(proof.challenge, for: source) else { return engine.proofRefused(.forged) }
    guard engine.admits(proof, from: source, at: now) else { return }
    if !submit(.proof(proof, from: source, local)) { engine.proofRefused(.limited) }
  }

  /// A request to punch is due, if its grant holds.
  func submitGrant(_ frame: RawSpan, from origin: FrameOrigin) {
    guard let request = try? PunchRequest(parsing: frame) else { return }
    if !submit(.grant(request, from: origin)) { engine.grantRefused(.limited) }
  }

  /// Verifies what has waited for it. ``flush()`` is due.
  package func verify(_ job: VerificationJob, at now: MonotonicInstant) {
    switch job {
    case .proof(let proof, let source, let local):
      verify(proof, from: source, local, at: now)
    case .grant(let request, let origin):
      guard authenticator.verifiesGrant(of: request) else { return engine.grantRefused(.refused) }
      guard let (requester, target) = engine.granted(request, from: origin, at: now) else { return }
      send(requester, at: now)
      if let target { send(target, at: now) }
    }
  }

  private func verify(
    _ proof: DiscoverProof, from source: Endpoint, _ local: LocalAddress, at now: MonotonicInstant
  ) {
    let node = proof.challenge.node
    guard let key = authenticator.knownKey(of: node), authenticator.verifies(proof, by: key) else {
      return engine.proofRefused(.failed)
    }
    if let answer = engine.proven(proof, from: source, local, at: now) { send(answer) }
    // Whoever changed the key in between has found nothing to revoke.
    if authenticator.knownKey(of: node) != key { engine.revoke([node]) }
  }
}
