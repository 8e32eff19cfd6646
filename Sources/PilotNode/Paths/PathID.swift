/// Which of a node's paths: their numbers count from 0, in the order in which the node was given them.
public struct PathID: Sendable, Hashable {
  /// The path's place in that order.
  public let index: Int

  /// Names a path.
  public init(_ index: Int) { self.index = index }
}

extension PathID: CustomStringConvertible {
  /// For logs.
  public var description: String { "path \(index)" }
}
