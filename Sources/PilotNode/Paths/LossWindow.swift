/// How many of the latest probes were lost.
///
/// A row of losses counts as three at most: an outage is for ``PathProbing`` to judge, and one that is over says little
/// about what comes.
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

  /// From how many losses in a row the next one isn't counted.
  private static let longestRow = 3

  private let configuration: Configuration
  /// The newest in the lowest bit; set for a lost one.
  private var bits: UInt64 = 0
  /// How many probes there were, up to the window.
  private(set) var count = 0
  private var row = 0

  init(_ configuration: Configuration) { self.configuration = configuration }

  private var size: Int { min(max(configuration.window, 1), UInt64.bitWidth) }

  /// How many of them were lost.
  var lost: Int { bits.nonzeroBitCount }

  /// The share of lost ones in percent; 0 without any.
  var percent: Int { count == 0 ? 0 : lost * 100 / count }

  /// Whether a path that loses so much is to be left for one that is better.
  var isBad: Bool { lost >= configuration.lost && percent >= configuration.percent }

  /// Whether another path loses enough less than this one.
  func isWorse(than other: Self) -> Bool { percent - other.percent >= configuration.margin }

  /// A probe has been answered, or not.
  mutating func record(lost isLost: Bool) {
    row = isLost ? row + 1 : 0
    guard row <= Self.longestRow else { return }
    let mask = size == UInt64.bitWidth ? UInt64.max : (1 << UInt64(size)) - 1
    bits = ((bits << 1) | (isLost ? 1 : 0)) & mask
    count = min(count + 1, size)
  }

  /// An answer that was counted as lost has come after all: the latest loss is none.
  mutating func forgive() {
    row = 0
    bits &= bits &- 1
  }

  /// Begins anew.
  mutating func reset() { (bits, count, row) = (0, 0, 0) }
}
