import PilotTesting
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotNode

@Suite("A node whose beacon has a name", .timeLimit(.minutes(1)))
struct NodeNameTests {
  /// Counts look-ups.
  private final class Attempts: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
  }

  /// The beacon is given up hope on at once, and looked for often.
  private static var impatient: BeaconLink.Configuration {
    var times = TestNetwork.patient
    times.patience = .milliseconds(1)
    times.resolveAgain = .milliseconds(1)
    return times
  }

  private static func discover(_ receiver: inout Receiver) async throws -> Discover {
    let frame = try await receiver.next()
    return try Discover(parsing: frame.bytes)
  }

  @Test("finds it where the name leads at last, after look-ups that failed")
  func resolvedLate() async throws {
    let test = try TestNetwork()
    let beacon = test.beacon.localEndpoint
    let attempts = Attempts()
    let node = try test.named(at: .any(port: beacon.port), times: Self.impatient) { () throws(TransportError) in
      guard attempts.next() > 2 else { throw TransportError(code: .resolveFailed, message: "no such name") }
      return [beacon]
    }
    var heard = try test.beacon.makeReceiver()
    #expect(try await Self.discover(&heard).node == nil)
    #expect(node.beacon == beacon)
    #expect(node.counters.nameLookups >= 3)
    #expect(node.counters.nameLookupsFailed == 2)
    node.leave()
  }

  @Test("goes over to a beacon that answers elsewhere, and sends there")
  func moved() async throws {
    let test = try TestNetwork()
    let beacon = test.beacon.localEndpoint
    let node = try test.named(at: test.stranger.localEndpoint, times: Self.impatient) { () in [beacon] }
    var heard = try test.beacon.makeReceiver()
    #expect(try await Self.discover(&heard).node == nil)
    #expect(node.beacon == test.stranger.localEndpoint, "nothing has answered yet")
    try test.tell(LinkRun.reply())
    var receiver = try node.makeReceiver()
    while node.beacon != beacon { _ = try await receiver.nextTold() }
    while try await Self.discover(&heard).node != TestNetwork.id {}
    try node.send([1], to: TestNetwork.peer)
    // Before it or behind it there is the probe that follows an announcement: the node's reader sends that.
    while try Relay(parsing: try await heard.next().bytes).destination != TestNetwork.peer {}
    node.leave()
  }

  @Test("leaving ends it in the middle of a look-up")
  func leaves() async throws {
    let test = try TestNetwork()
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let (ended, end) = AsyncStream.makeStream(of: Void.self)
    let node = try test.named(at: .any(port: 9), times: Self.impatient) { () async throws(TransportError) in
      begin.yield()
      await withTaskCancellationHandler {
        for await _ in AsyncStream<Void>(unfolding: { try? await Task.sleep(for: .seconds(3_600)) }) { break }
      } onCancel: {
        end.finish()
      }
      throw .cancelled
    }
    for await _ in begun { break }
    node.leave()
    for await _ in ended {}
  }
}
