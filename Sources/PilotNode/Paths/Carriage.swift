/// Which paths carry a node's frames: one as a rule; two while one of them is in doubt, and for a moment after.
public enum Carriage: Sendable, Hashable {
  /// None is up yet.
  case none
  /// This one.
  case one(PathID)
  /// Each frame goes both ways. The first is the active path.
  case both(PathID, PathID)

  /// The path that the node calls its own: the one that is told.
  public var active: PathID? {
    switch self {
    case .none: nil
    case .one(let path), .both(let path, _): path
    }
  }

  /// Whether frames go over a path.
  public func includes(_ path: PathID) -> Bool {
    switch self {
    case .none: false
    case .one(let only): only == path
    case .both(let first, let second): first == path || second == path
    }
  }
}
