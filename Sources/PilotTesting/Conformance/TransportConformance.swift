/// The transport contract, as checks that any implementation can be held against.
///
/// They don't depend on a test framework: a check throws a ``ConformanceFailure`` that says in a sentence what was
/// expected and what came instead. See ``TransportFixture`` for the ten lines that it takes.
public enum TransportConformance {
  /// All checks.
  public static let checks: [Check] = [
    .keepsFrames, .refusesTooLong, .refusesOtherDestinations, .namesSources, .lendsStableMemory,
    .sendsBatches, .keepsOrderOfBothForms, .takesTheFrontOfABatch, .receivesBatches, .endsABatchWithItsBody,
    .handsOutOneReceiver, .handsOutOneReceiverToMany, .keepsItsEndpoint, .survivesCancellation,
    .survivesDeadDestinations,
    .closesOnce, .wakesItsReader, .refusesToSendWhenClosed, .deliversNothingWhenClosed, .makesNoReceiverWhenClosed,
    .endsItsEvents, .closesUnderLoad, .closesAtAnyMoment, .closesFromWithin,
    .keepsSendersApart, .boundsSlowReaders, .survivesAFullQueue, .countsWhatPasses, .accountsForAll,
  ]

  /// One sentence of the contract, and how to tell whether a transport keeps it.
  public struct Check: Sendable, Identifiable, CustomStringConvertible {
    /// What a transport does that passes: "keeps boundaries, lengths and bytes, both ways".
    public let name: String
    private let body: @Sendable (Trial) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (Trial) async throws -> Void) {
      self.name = name
      self.body = body
    }

    /// The name.
    public var id: String { name }
    /// The name.
    public var description: String { name }

    /// Whether a check had something to say about a transport.
    public enum Outcome: Sendable, Equatable {
      /// It keeps this part of the contract.
      case passed
      /// It doesn't promise what the check is about, for this reason.
      case notApplicable(String)
    }

    /// Holds a transport against this check.
    ///
    /// - Parameters:
    ///   - fixture: Makes the transport and its peer.
    ///   - limit: After this time a check that still waits has failed, and says what for. Default 60 s; a check takes
    ///     milliseconds on a machine that is not busy.
    ///   - clock: Measures the limit.
    /// - Throws: ``ConformanceFailure``; `CancellationError`.
    @discardableResult
    public func run(
      against fixture: some TransportFixture, within limit: Duration = .seconds(60),
      clock: some Clock<Duration> = ContinuousClock()
    ) async throws -> Outcome {
      let trial = Trial(fixture)
      return try await trial.run(name, of: "a transport", within: limit, clock: clock) { [body] in
        try await body(trial)
      }
    }
  }
}
