extension Trial {
  /// Runs a check, and closes what it has connected.
  ///
  /// - Parameters:
  ///   - name: What the subject does that passes.
  ///   - subject: What is checked: "a transport".
  ///   - limit: After this time a check that still waits has failed.
  ///   - clock: Measures the limit.
  /// - Throws: ``ConformanceFailure``; `CancellationError`.
  package func run(
    _ name: String, of subject: String, within limit: Duration, clock: some Clock<Duration>,
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> TransportConformance.Check.Outcome {
    func failure(_ message: String) -> ConformanceFailure {
      ConformanceFailure(subject: subject, check: name, message: message)
    }
    do {
      try await Watchdog.run(within: limit, clock: clock) {
        do {
          try await body()
        } catch {
          await self.disconnect()
          throw error
        }
        await self.disconnect()
      }
      return .passed
    } catch let error as NotApplicable {
      return .notApplicable(error.reason)
    } catch let error as CancellationError {
      throw error
    } catch is Watchdog.TimedOut {
      // Not waited for: what hangs may hang here too.
      Task { await disconnect() }
      throw failure("after \(limit) it was still \(step)")
    } catch let error as Violation {
      throw failure(error.message)
    } catch {
      throw failure("this was thrown while \(step): \(error)")
    }
  }
}
