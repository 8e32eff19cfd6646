import PilotTransport
import PilotWire

/// Of which peers it is told that datagrams for them are too long: at once, and then once a minute for as long as some are.
struct LengthWatch: Sendable {
  static let pause: Duration = .seconds(60)
  /// How long two nodes may take to agree upon fragments: until then longer datagrams are dropped, and nothing is wrong.
  static let agreement: Duration = .seconds(3)

  private struct Run: Sendable {
    /// When the first of those came that have come without a longer break.
    var since: MonotonicInstant
    var last: MonotonicInstant
    var toldAt: MonotonicInstant?
  }

  private let patience: Duration
  private var runs: [NodeID: Run] = [:]

  /// - Parameter patience: How long they may be too long until it is told.
  init(patience: Duration) { self.patience = patience }

  /// Datagrams for a peer were too long, lately. Peers are those whose keys are known.
  ///
  /// - Returns: Their length, if it is to be told.
  mutating func refused(_ length: Int, for peer: NodeID, at now: MonotonicInstant) -> Int? {
    var run = runs[peer] ?? Run(since: now, last: now)
    if run.last.advanced(by: Self.agreement * 2) < now { run.since = now }
    run.last = now
    defer { runs[peer] = run }
    guard run.since.advanced(by: patience) <= now, run.toldAt.map({ $0.advanced(by: Self.pause) <= now }) ?? true else {
      return nil
    }
    run.toldAt = now
    return length
  }
}
