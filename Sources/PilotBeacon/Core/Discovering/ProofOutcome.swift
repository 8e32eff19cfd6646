/// What became of a proof whose challenge was young enough.
@nonexhaustive
public enum ProofOutcome: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// It held, and bound its node to its source.
  case accepted
  /// It held, but answered a challenge from before the node proved to be elsewhere.
  case superseded
  /// This beacon sent no such challenge to its source: looked at no further.
  case forged
  /// It names a beacon that this isn't, as far as it knows: not verified.
  case wrongBeacon
  /// Its challenge has been answered before: not verified again.
  case repeated
  /// More proofs came than are verified in a second, from its source or in all.
  case limited
  /// The signature is not one of the node's known key.
  case failed

  /// The outcome's name in snake case, fit for metrics.
  public var description: String {
    switch self {
    case .accepted: "accepted"
    case .superseded: "superseded"
    case .forged: "forged"
    case .wrongBeacon: "wrong_beacon"
    case .repeated: "repeated"
    case .limited: "limited"
    case .failed: "failed"
    }
  }
}
