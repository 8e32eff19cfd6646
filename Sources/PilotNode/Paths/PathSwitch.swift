public import PilotTransport

/// A node's frames go over another path than before.
public struct PathSwitch: Sendable, Hashable {
  /// Why.
  @nonexhaustive
  public enum Reason: Sendable, Hashable {
    /// It is the first that was ready.
    case first
    /// The path from before has left probes unanswered.
    case unanswered
    /// The network reports that nothing listens at its other end.
    case reported
    /// This machine can't send on it.
    case unsendable(TransportError.Code)
    /// Its connection has ended, or what it is asked to deliver doesn't arrive.
    case down
    /// It has lost so many of the latest probes.
    case lossy(lost: Int, of: Int)
    /// It has failed several times within a minute, and answered again each time.
    case unsteady
    /// Its beacon takes frames over one path at a time, and this is the one.
    case exclusive
    /// Its beacon says that it is about to end.
    case draining
    /// The path that is preferred works again.
    case recovered
    /// Its beacon is nearer.
    case nearer
  }

  /// The path from before; nil if this is the first one.
  public let from: PathID?
  /// The active path.
  public let to: PathID
  /// Why.
  public let reason: Reason

  /// Names a switch.
  public init(from: PathID?, to: PathID, reason: Reason) {
    self.from = from
    self.to = to
    self.reason = reason
  }
}

extension PathSwitch.Reason: CustomStringConvertible {
  /// One clause without a full stop, for people.
  public var description: String {
    switch self {
    case .first: "it was ready first"
    case .unanswered: "the other path doesn't answer"
    case .reported: "nothing listens at the other path's end"
    case .unsendable(let code): "nothing can be sent over the other path (\(code))"
    case .down: "the other path is down"
    case .lossy(let lost, let count): "the other path has lost \(lost) of \(count) probes"
    case .unsteady: "the other path fails time and again"
    case .exclusive: "the beacon takes one path at a time"
    case .draining: "the other path's beacon is about to end"
    case .recovered: "the preferred path works again"
    case .nearer: "this beacon is nearer"
    }
  }
}

extension PathSwitch.Reason {
  /// Whether the path from before is left because it fails.
  var isFailure: Bool {
    switch self {
    case .unanswered, .reported, .unsendable, .down, .lossy, .unsteady, .exclusive: true
    case .first, .draining, .recovered, .nearer: false
    }
  }

  /// Whether an answer shows that it doesn't hold any more.
  var isOver: Bool {
    switch self {
    case .unanswered, .reported, .unsendable, .down: true
    case .first, .lossy, .unsteady, .exclusive, .draining, .recovered, .nearer: false
    }
  }
}
