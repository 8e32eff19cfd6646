import PilotTransport
import PilotWire
import Testing

@testable import PilotTesting

@Suite("A conformance check")
struct CheckTests {
  @Test("that hangs ends at its limit and says what it waited for")
  func hangs() async {
    let clock = ManualClock()
    let (stream, end) = AsyncStream.makeStream(of: Void.self)
    defer { end.finish() }
    let check = TransportConformance.Check("never ends") { trial in
      trial.step = "waiting for what never comes"
      // Deaf to cancellation, as a transport may be.
      await Task.detached { for await _ in stream {} }.value
    }
    async let failure = #expect(throws: ConformanceFailure.self) {
      try await check.run(against: InMemoryFixture(), within: .seconds(30), clock: clock)
    }
    await clock.sleepers(atLeast: 1)
    clock.advance(by: .seconds(30))
    let description = await failure?.description
    let expected = "after 30.0 seconds it was still waiting for what never comes"
    #expect(description == "a transport never ends, but this one does not: \(expected)")
  }

  @Test("that is cancelled ends at once")
  func cancelled() async {
    let clock = ManualClock()
    let check = TransportConformance.Check("never ends") { _ in try await clock.sleep(for: .seconds(1)) }
    let task = Task { try await check.run(against: InMemoryFixture()) }
    await clock.sleepers(atLeast: 1)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test("names itself and the unexpected error that ended it")
  func unexpected() async {
    let check = TransportConformance.Check("works") { trial in
      trial.step = "trying"
      throw TransportError.backpressure
    }
    let failure = await #expect(throws: ConformanceFailure.self) { try await check.run(against: InMemoryFixture()) }
    #expect(failure?.check == "works")
    #expect(failure?.message == "this was thrown while trying: \(TransportError.backpressure)")
  }

  @Test("closes what it connected, whether it passes or fails", arguments: [true, false])
  func closes(_ passes: Bool) async throws {
    let (links, made) = AsyncStream.makeStream(of: TransportLink.self)
    let check = TransportConformance.Check("connects") { trial in
      for _ in 0..<3 { made.yield(try await trial.connect()) }
      made.finish()
      if !passes { throw Violation("as asked") }
    }
    do {
      try await check.run(against: InMemoryFixture())
      #expect(passes)
    } catch let error as ConformanceFailure {
      #expect(error.message == "as asked")
      #expect(!passes)
    }
    for await link in links {
      let error = #expect(throws: TransportError.self) { _ = try link.transport.makeReceiver() }
      #expect(error?.code == .closed)
      await #expect(throws: (any Error).self) { try await link.peer.next() }
    }
  }

  @Test("says what it needs when a transport does not promise it")
  func notApplicable() async throws {
    struct Fixture: TransportFixture {
      let promises = TransportPromises(maximumFrameLength: 65_507)

      func connect() async throws -> TransportLink {
        let network = InMemoryNetwork()
        return try TransportLink(network.makeTransport(), peer: network.makeTransport())
      }
    }
    var skipped: [String] = []
    for check in TransportConformance.checks where try await check.run(against: Fixture()) != .passed {
      skipped.append(check.name)
    }
    let expected: [TransportConformance.Check] = [.survivesDeadDestinations, .boundsSlowReaders]
    #expect(skipped == expected.map(\.name))
  }
}
