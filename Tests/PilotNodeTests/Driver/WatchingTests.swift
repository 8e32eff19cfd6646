import PilotTesting
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotNode

@Suite("A driver that watches its machine", .timeLimit(.minutes(1)))
struct WatchingTests {
  /// The clocks of a machine that falls asleep for an hour after some looks at them.
  private static func clocks(sleepingAfter looks: Int) -> @Sendable () -> SleepDetector.Reading {
    let count = Mutex(0)
    return {
      let number = count.withLock { count in
        count += 1
        return count
      }
      let now = MonotonicInstant.now()
      return SleepDetector.Reading(monotonic: now, boot: number > looks ? now.advanced(by: .seconds(3_600)) : now)
    }
  }

  @Test("a machine that has slept has its connection checked: a frame goes to the node itself, and no other did before")
  func slept() async throws {
    let test = try TestNetwork()
    var watching = Watching(networks: KnownNetworks(survey: { nil }))
    watching.watcher = { () throws(TransportError) in throw .closed }
    watching.clocks = Self.clocks(sleepingAfter: 3)
    watching.pause = .milliseconds(1)
    let node = try test.connected(watching: watching)
    defer { node.leave() }
    node.driver.hasConnected()
    let beacon = try TransportPeer(test.beacon, destination: test.transport.localEndpoint)
    let first = try await beacon.next()
    #expect(try Discover(parsing: first.span.raw).node == TestNetwork.id)
    let second = try await beacon.next()
    let check = try Relay(parsing: second.span.raw)
    #expect(check.sender == TestNetwork.id && check.destination == TestNetwork.id)
    let isCheck = node.driver.echoToken.isCarried(by: check.payload)
    #expect(isCheck)
  }
}
