import PilotTransport

/// When a preferred path that was left is taken again.
public struct ReturnPolicy: Sendable {
  /// The times and limits.
  public struct Configuration: Sendable, Hashable {
    /// How long after a switch, at least. Doubles with each return that failed. Default 30 s.
    public var patience: Duration = .seconds(30)
    /// The most that it doubles to. Default 10 min.
    public var longestPatience: Duration = .seconds(600)
    /// So many answers in a row. Default 3.
    public var answers = 3
    /// Over so long a time. Default 10 s.
    public var span: Duration = .seconds(10)

    /// The defaults.
    public init() {}
  }
}
