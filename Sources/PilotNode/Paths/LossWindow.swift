/// How many of the latest probes were lost.
public struct LossWindow: Sendable {
  /// What counts as bad.
  public struct Configuration: Sendable, Hashable {
    /// How many of the latest probes count. Default 32, 64 at most.
    public var window = 32
    /// From how many lost ones on. Default 6.
    public var lost = 6
    /// And from what share on, in percent. Default 20.
    public var percent = 20
    /// By how much less the other path has to lose, in percent of the probes. Default 15.
    public var margin = 15

    /// The defaults.
    public init() {}
  }
}
