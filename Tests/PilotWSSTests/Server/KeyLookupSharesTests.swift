import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotWSS

/// Who has keys looked up, and how many at once.
@Suite(.timeLimit(.minutes(1)))
struct KeyLookupSharesTests {
  private let site = Endpoint(high: 0x2001_0DB8_0000_0001, low: 5, port: 1)

  @Test func `four at once for one source, whichever its port; others have their own`() {
    let lookups = KeyLookupShares()
    let source = { (port: UInt16) in Endpoint(ipv4: 192, 0, 2, 1, port: port) }
    for port in 1...4 as ClosedRange<UInt16> { #expect(lookups.begin(for: source(port))) }
    #expect(!lookups.begin(for: source(5)))
    #expect(lookups.begin(for: Endpoint(ipv4: 192, 0, 2, 2, port: 1)))
    for low in 1...4 as ClosedRange<UInt64> {
      #expect(lookups.begin(for: Endpoint(high: site.high, low: low, port: 1)))
    }
    #expect(!lookups.begin(for: site))
    #expect(lookups.begin(for: Endpoint(high: site.high + 1, low: 5, port: 1)))
    lookups.end(for: source(1))
    #expect(lookups.begin(for: source(9)))
    #expect(!lookups.begin(for: source(10)))
  }

  @Test func `nothing is remembered of a source without lookups, and this machine itself has no bound`() {
    let lookups = KeyLookupShares()
    let loopback = Endpoint(ipv4: 127, 0, 0, 1, port: 1)
    for _ in 0..<100 { #expect(lookups.begin(for: loopback)) }
    for _ in 0..<100 { #expect(lookups.begin(for: Endpoint(high: 0, low: 1, port: 1))) }
    for _ in 0..<3 { #expect(lookups.begin(for: site)) }
    #expect(lookups.sources == 1)
    for _ in 0..<3 { lookups.end(for: site) }
    #expect(lookups.sources == 0)
  }

  @Test func `a known node needs none of them: the directory is asked whatever others of its address do`() async throws
  {
    let (keys, lookups) = (SlowKeys(outdated: NodeID(7)), KeyLookupShares())
    for number in 1...4 as ClosedRange<UInt8> { #expect(try await reply(number, keys, lookups) == .none) }
    #expect(try await reply(7, keys, lookups) == .none)
    #expect(try await reply(8, keys, lookups) == .close(WebSocketCloseFrame(.tryAgainLater, reason: "try again")))
    try await keys.answer(5)
  }

  @Test func `who names a fifth node meanwhile is told to come again, and may once the answers are there`() async throws
  {
    let (keys, lookups) = (SlowKeys(), KeyLookupShares())
    func ask(_ number: UInt8) async throws -> WebSocketReaction { try await reply(number, keys, lookups) }
    for number in 1...4 as ClosedRange<UInt8> { #expect(try await ask(number) == .none) }
    #expect(try await ask(5) == .close(WebSocketCloseFrame(.tryAgainLater, reason: "try again")))
    try await keys.answer(4)
    while lookups.sources > 0 {
      try Task.checkCancellation()
      await Task.yield()
    }
    #expect(try await ask(6) == .none)
    try await keys.answer(1)
  }

  /// What follows when a node answers its challenge.
  private func reply(_ number: UInt8, _ keys: SlowKeys, _ lookups: KeyLookupShares) async throws -> WebSocketReaction {
    let (loop, site) = (MultiThreadedEventLoopGroup.singleton.next(), site)
    return try await loop.submit {
      let environment = WSSServerPeer.Environment(
        keys: keys, lookups: lookups, unixTime: { 1_700_000_000 }, dispatcher: IdleDispatcher(), nextID: { 1 },
        admit: { true }, loop: loop, isOwnName: { _ in true })
      let limits = OutboundQueue.Limits(bytes: 1, age: .seconds(1))
      var generator = SystemRandomNumberGenerator()
      let peer = WSSServerPeer(
        environment: environment, remote: site, subprotocol: .v1,
        outbound: OutboundQueue(role: .server, limits: limits, overflow: .dropOldest, now: { .start }),
        nonce: .random(using: &generator))
      guard case .send(let text) = peer.opened(IdleLink()),
        case .challenge(let challenge) = try HandshakeMessage(parsing: text.span.raw)
      else { throw Unexpected("no challenge") }
      let reply = Array(try TestIdentities.reply(to: challenge, as: UInt32(number), key: number).utf8)
      return peer.receive(text: reply.span.raw)
    }.get()
  }
}

/// Answers when the test says so.
private final class SlowKeys: KeyDirectory {
  private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])
  /// Whose key was known, and has run out.
  private let outdated: NodeID?

  init(outdated: NodeID? = nil) {
    self.outdated = outdated
  }

  func cachedPublicKey(of node: NodeID) -> PublicKey? { node == outdated ? Identity().publicKey : nil }

  func answerAtHand(for node: NodeID) -> KeyAnswer? { nil }

  func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey? {
    await withCheckedContinuation { continuation in waiting.withLock { $0.append(continuation) } }
    return nil
  }

  /// Answers so many, as soon as they have asked.
  func answer(_ count: Int) async throws {
    while waiting.withLock({ $0.count }) < count {
      try Task.checkCancellation()
      await Task.yield()
    }
    let answered = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    for continuation in answered { continuation.resume() }
  }
}

private final class IdleLink: WebSocketLink {
  func perform(_ reaction: WebSocketReaction) {}
}

private final class IdleDispatcher: WSSDispatcher {
  func attached(_ connection: WSSConnection) {}
  func received(_ frame: RawSpan, on connection: WSSConnection) {}
  func ignored() {}
  func readCompleted(on connection: WSSConnection) {}
  func parting(_ connection: WSSConnection) {}
  func detached(_ connection: WSSConnection) {}
  func refused(_ refusal: WSSRefusal) {}
}
