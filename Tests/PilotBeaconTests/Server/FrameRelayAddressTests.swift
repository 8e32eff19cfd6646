import PilotTesting
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// Which of the beacon's own addresses what it sends leaves from: deployed nodes take nothing from another one than they
/// write to.
struct FrameRelayAddressTests {
  private let first = LocalAddress(index: 1)
  private let second = LocalAddress(index: 2)
  private let node = NodeID.test(7)
  private let other = NodeID.test(8)
  private let home = Endpoint.test(1)
  private let there = Endpoint.test(2)

  @Test func allThatANodeGetsLeavesFromTheAddressThatItWroteTo() throws {
    let key = try PublicKey.test(1)
    let desk = try Desk(FakeAuthenticator(keys: [node: key]))
    let now = desk.now

    try desk.hand(Discover(node: node, publicKey: key).encoded(), from: home, first)
    #expect(desk.sent() == [Sent(.discoverReply, home, first), Sent(.discoverChallenge, home, first)])

    try desk.hand(Discover(node: node).encoded(), from: .test(66), second)
    #expect(desk.sent() == [Sent(.discoverReply, .test(66), second), Sent(.discoverReply, home, first)])

    let stamp = ChallengeStamp(at: now, wantsDestination: false)
    let challenge = try #require(desk.authenticator.challenge(node, offering: key, stamp: stamp, to: home))
    try desk.hand(FakeAuthenticator.proof(of: challenge, by: key).encoded(), from: home, first)
    #expect(desk.sent() == [Sent(.discoverReply, home, first)])

    try desk.hand(Discover(node: other).encoded(), from: there, second)
    #expect(desk.sent() == [Sent(.discoverReply, there, second)])
    try desk.hand(Relay(sender: node, destination: other, payload: RawSpan()).encoded(), from: home, first)
    #expect(desk.sent() == [Sent(.relayDeliver, there, second)])
    try desk.hand(PunchRequest(requester: node, target: other).encoded(), from: home, first)
    #expect(desk.sent() == [Sent(.punchCommand, home, first), Sent(.punchCommand, there, second)])
  }
}

private struct Sent: Equatable {
  let type: BeaconMessageType?
  let destination: Endpoint
  let local: LocalAddress

  init(_ type: BeaconMessageType?, _ destination: Endpoint, _ local: LocalAddress) {
    (self.type, self.destination, self.local) = (type, destination, local)
  }
}

/// A relay over a socket that only notes what it is given. Signatures are verified at the end of each turn.
private final class Desk {
  let authenticator: FakeAuthenticator
  let now = MonotonicInstant.start.advanced(by: .seconds(100))
  private let socket: NotingTransport
  private let relay: FrameRelay
  private let waiting = Waiting()

  init(_ authenticator: FakeAuthenticator) throws {
    self.authenticator = authenticator
    socket = NotingTransport(try InMemoryNetwork().makeTransport())
    relay = FrameRelay(
      engine: RelayEngine(RouterConfiguration(), seed: 7), udp: socket, authenticator: authenticator,
      totals: RelayTotals(), submit: waiting.submit)
  }

  func hand(_ frame: [UInt8], from source: Endpoint, _ local: LocalAddress) throws {
    var batch = FrameBatch()
    let fitted = batch.append(frame.span.raw, to: source, from: local)
    try #require(fitted)
    // SAFETY: the batch lives, unchanged, until the relay is done with what is lent.
    unsafe relay.relay(datagrams: LentFrames(runs: batch.runs, frames: batch.count), at: now)
    for job in waiting.take() { relay.verify(job, at: now) }
    relay.flush()
  }

  /// What was sent since the last time.
  func sent() -> [Sent] { socket.take() }
}

private final class Waiting: Sendable {
  private let jobs = Mutex<[VerificationJob]>([])

  func submit(_ job: VerificationJob) -> Bool {
    jobs.withLock { $0.append(job) }
    return true
  }

  func take() -> [VerificationJob] {
    jobs.withLock { jobs in
      defer { jobs = [] }
      return jobs
    }
  }
}

/// Notes each frame of a batch, with the address that it is to leave from, and sends nothing.
private final class NotingTransport: Transport {
  private let idle: InMemoryTransport
  private let noted = Mutex<[Sent]>([])

  init(_ idle: InMemoryTransport) { self.idle = idle }

  var localEndpoint: Endpoint { idle.localEndpoint }
  var maximumFrameLength: Int { idle.maximumFrameLength }
  var counters: TransportCounters { idle.counters }
  var events: TransportEvents { idle.events }

  func take() -> [Sent] {
    noted.withLock { noted in
      defer { noted = [] }
      return noted
    }
  }

  func makeReceiver() throws(TransportError) -> Receiver { try idle.makeReceiver() }

  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {}

  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    var cursor = RunCursor()
    // SAFETY: the batch is borrowed for this call, and so doesn't change.
    unsafe LentFrames(runs: batch.runs, frames: batch.count).forEachFrame(from: &cursor, limit: batch.count) {
      frame, destination, local in
      let sent = Sent(BeaconMessageType(rawValue: frame.byte(at: 0)), destination, local)
      noted.withLock { $0.append(sent) }
    }
    return batch.count
  }

  func close() { idle.close() }
}
