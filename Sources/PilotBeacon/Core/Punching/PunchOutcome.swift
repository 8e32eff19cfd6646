/// What became of a PunchRequest that was in order. All but the first look the same from outside: nothing is sent.
@nonexhaustive
public enum PunchOutcome: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// Both sides were told.
  case served
  /// It carries a grant, which the driver verifies first; ``GrantOutcome`` says what came of it.
  case submitted
  /// It came from elsewhere than from where its requester is registered or attached.
  case unbound
  /// Its target has no endpoint to be reached at: not registered over UDP, or the requester itself.
  case unreachable
  /// It has no grant, and this beacon requires one.
  case ungranted
  /// More came than are served in a second, from its source or in all.
  case limited

  /// The outcome's name in snake case, fit for metrics.
  public var description: String {
    switch self {
    case .served: "served"
    case .submitted: "submitted"
    case .unbound: "unbound"
    case .unreachable: "unreachable"
    case .ungranted: "ungranted"
    case .limited: "limited"
    }
  }
}

/// What became of a punch grant that was handed on to be verified.
@nonexhaustive
public enum GrantOutcome: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// It held: both sides were told.
  case served
  /// It held, but one side has gone meanwhile.
  case outlived
  /// Its time is over, or the signature is not one of the target's known key.
  case refused
  /// Too many verifications are under way, or it held when enough was served in that second.
  case limited

  /// The outcome's name in snake case, fit for metrics.
  public var description: String {
    switch self {
    case .served: "served"
    case .outlived: "outlived"
    case .refused: "refused"
    case .limited: "limited"
    }
  }
}
