import Logging
import PilotTesting
import PilotTransport
import PilotUDP
import Synchronization
import Testing

@testable import PilotBeacon

/// A beacon that has taken over, and can't accept connections yet.
@Suite(.timeLimit(.minutes(1)))
struct InheritedListenersTests {
  private static let fault = TransportError(code: .bindFailed, message: "no event loop for it")

  /// Counts attempts, the first of which fail.
  private final class Attempts: Sendable {
    private let count = Mutex(0)
    private let failures: Int
    var all: Int { count.withLock { $0 } }

    init(failing failures: Int) { self.failures = failures }

    func begin() throws(TransportError) {
      let number = count.withLock { count in
        count += 1
        return count
      }
      if number <= failures { throw InheritedListenersTests.fault }
    }
  }

  private static func listeners(_ lines: Lines, _ wss: Attempts, _ http: Attempts) -> InheritedListeners {
    let recorder = Recorder(tellsLevel: true, lines: lines)
    var listeners = InheritedListeners(logger: Logger(label: "test") { _ in recorder })
    listeners.add("wss") { () async throws(TransportError) in try wss.begin() }
    listeners.add("http") { () async throws(TransportError) in try http.begin() }
    return listeners
  }

  @Test func whatFailsIsTriedAgainEachSecondAndKeepsNothingElse() async {
    let (lines, clock) = (Lines(), ManualClock())
    let (wss, http) = (Attempts(failing: 3), Attempts(failing: 0))
    var listeners = Self.listeners(lines, wss, http)
    await listeners.attempt()
    #expect((wss.all, http.all) == (1, 1))
    #expect(!listeners.isEmpty)
    await withTaskGroup(of: Void.self) { group in
      let late = listeners
      group.addTask {
        var late = late
        await late.keepTrying(clock: clock) { true }
        #expect(late.isEmpty)
      }
      for _ in 0..<3 {
        await clock.sleepers(atLeast: 1)
        clock.advance(by: .seconds(1))
      }
    }
    #expect((wss.all, http.all) == (4, 1))
    #expect(lines.all.count == 2)
    #expect(lines.all.first?.hasPrefix("error") == true && lines.all.first?.contains("no event loop for it") == true)
    #expect(lines.all.last?.contains("accepted again") == true)
  }

  @Test func whoeverDrainsTriesNoMore() async {
    let (lines, clock) = (Lines(), ManualClock())
    let (wss, http) = (Attempts(failing: .max), Attempts(failing: .max))
    var listeners = Self.listeners(lines, wss, http)
    await listeners.attempt()
    await withTaskGroup(of: Void.self) { group in
      let late = listeners
      group.addTask {
        var late = late
        await late.keepTrying(clock: clock) { false }
      }
      await clock.sleepers(atLeast: 1)
      clock.advance(by: .seconds(1))
    }
    #expect((wss.all, http.all) == (1, 1))
    #expect(lines.all.count == 2)
  }

  @Test func aSocketIsKeptUntilItIsAcceptedOn() async throws {
    let (socket, other) = try InheritedDescriptor.pair()
    defer { other.close() }
    await #expect(throws: TransportError.self) {
      try await socket.accept { descriptor async throws(TransportError) in
        InheritedDescriptor(owning: descriptor).close()
        throw Self.fault
      }
    }
    try await socket.accept { descriptor async throws(TransportError) in
      InheritedDescriptor(owning: descriptor).close()
    }
    #expect(socket.take() == nil)
  }
}
