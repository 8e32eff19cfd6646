package import PilotTransport
package import PilotWire

/// Something that takes a secret or a key, as no ``RouterOutput`` does: rare, bounded by what is admitted, and taken by
/// ``Router/nextJob()``. The case names the event that tells the router what came of it.
package enum RouterJob: Equatable, Sendable {
  /// Look whether this beacon has made a proof's challenge for its source, and is the one that the proof names:
  /// ``Router/checkedToken(of:_:at:)``.
  case checkToken(ProofJob)
  /// Have a signature verified away from the threads that relay: ``Router/verified(_:holds:at:)``, or
  /// ``Router/leftOut(_:)`` if there is no room for it.
  case verify(VerificationJob)
}

/// A proof whose challenge is young enough, and where it came from.
package struct ProofJob: Equatable, Sendable {
  /// The proof.
  package let proof: DiscoverProof
  /// The datagram's source.
  package let source: Endpoint
  /// Which of this machine's addresses it was written to.
  package let local: LocalAddress

  /// The proof of this source.
  package init(_ proof: DiscoverProof, from source: Endpoint, _ local: LocalAddress = .any) {
    (self.proof, self.source, self.local) = (proof, source, local)
  }
}

/// What can be told of a proof without a look at its signature.
package enum ProofCheck: Equatable, Sendable {
  /// This beacon has made no such challenge for the proof's source.
  case forged
  /// It has, but the node has dialled another beacon than this one, as far as it knows its names.
  case wrongBeacon
  /// Challenge and name are its own.
  case passed
}

/// What takes a signature to decide.
package enum VerificationJob: Equatable, Sendable {
  /// A proof whose challenge this beacon has made, and that the router has admitted.
  case proof(ProofJob)
  /// A request to punch that the router has found due, if its grant holds.
  case grant(PunchRequest, from: FrameOrigin)
}
