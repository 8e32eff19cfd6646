public import PilotTesting

/// What a node does over any transport, as checks that a transport of yours can be held against.
///
/// The test plays the beacon, frame by frame, at the far end of the transport; ``NodeFixture`` says how that is reached.
/// The checks don't depend on a test framework, and throw a `ConformanceFailure` that says in a sentence what was expected
/// and what came instead. A transport that keeps `TransportConformance` is expected to pass; start with that.
public enum NodeConformance {
  /// All checks.
  public static let checks: [Check] = [
    .joins, .tellsReadyFirst, .keepsPayloads, .sendsPayloads, .keepsOrder, .keepsOrderOfBothForms,
    .believesTheBeaconOnly, .leavesOthersMessages, .tellsWhoIsGone,
    .tellsTheSameInBothForms,
    .handsOutOneReceiver, .survivesCancellation, .endsWithClosed, .leavesWhileRead, .closesWithItsTransport,
    .countsWhatPasses,
  ]

  /// One sentence about nodes, and how to tell whether one keeps it.
  public struct Check: Sendable, Identifiable, CustomStringConvertible {
    /// What a node does that passes: "keeps the order of messages".
    public let name: String
    private let body: @Sendable (NodeTrial) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (NodeTrial) async throws -> Void) {
      self.name = name
      self.body = body
    }

    /// The name.
    public var id: String { name }
    /// The name.
    public var description: String { name }

    /// Runs a node over a new transport, and holds it against this check.
    ///
    /// - Parameters:
    ///   - fixture: Makes the transport and its beacon.
    ///   - limit: After this time a check that still waits has failed, and says what for. Default 60 s; a check takes
    ///     milliseconds on a machine that is not busy.
    ///   - clock: Measures the limit.
    /// - Returns: Whether it passed, or has nothing to say about such a transport.
    /// - Throws: `ConformanceFailure`; `CancellationError`.
    @discardableResult
    public func run(
      against fixture: NodeFixture, within limit: Duration = .seconds(60),
      clock: some Clock<Duration> = ContinuousClock()
    ) async throws -> TransportConformance.Check.Outcome {
      let trial = NodeTrial(fixture)
      return try await trial.base.run(name, of: "a node", within: limit, clock: clock) { [body] in
        try await body(trial)
      }
    }
  }
}
