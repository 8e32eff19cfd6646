import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// What is asked in the background, and what comes of it.
@Suite("A registry asked in the background", .timeLimit(.minutes(1)))
struct RegistryRefreshTests {
  private let first = Identity().publicKey
  private let second = Identity().publicKey

  private func node(_ number: UInt32) throws -> NodeID { try #require(NodeID(number)) }

  @Test("A key that has run out serves on while it is asked for, once, and then counts anew")
  func refresh() async throws {
    let registry = ScriptedRegistry()
    let (directory, node) = (registry.directory(), try node(7))
    try await registry.learn(first, of: node, directory)
    registry.advance(by: .seconds(299))
    #expect(directory.cachedPublicKey(of: node) == first)
    #expect(registry.asked.count == 1)
    registry.advance(by: .seconds(1))
    for _ in 0..<3 { #expect(directory.cachedPublicKey(of: node) == first) }
    // Not certain any more: a login waits for the answer.
    #expect(directory.answerAtHand(for: node) == nil)
    #expect(registry.asked == [node, node])
    try await registry.answer(node, .success(first))
    #expect(directory.answerAtHand(for: node) == .key(first))
    #expect(directory.cachedPublicKey(of: node) == first)
    #expect(registry.asked.count == 2)
  }

  @Test("An answer that takes a key out of force is told as a change, and counts from then on")
  func revocation() async throws {
    let registry = ScriptedRegistry()
    let directory = registry.directory()
    let (moved, gone, same) = (try node(1), try node(2), try node(3))
    for node in [moved, gone, same] { try await registry.learn(first, of: node, directory) }
    var changes = directory.changes.makeAsyncIterator()
    registry.advance(by: .seconds(300))
    for node in [moved, gone, same] { _ = directory.cachedPublicKey(of: node) }
    try await registry.answer(same, .success(first))
    try await registry.answer(moved, .success(second))
    try await registry.answer(gone, .success(nil))
    #expect(await changes.next() == .nodes([moved, gone]))
    #expect(directory.cachedPublicKey(of: moved) == second)
    #expect(directory.cachedPublicKey(of: gone) == nil)
    #expect(directory.hasRevoked(first, of: moved) && directory.hasRevoked(first, of: gone))
    #expect(!directory.hasRevoked(first, of: same))
  }

  @Test("While the registry fails, its last word stays in force, for logins too, and it isn't asked at each datagram")
  func outage() async throws {
    let registry = ScriptedRegistry()
    let (directory, node) = (registry.directory(), try node(7))
    try await registry.learn(first, of: node, directory)
    registry.advance(by: .seconds(300))
    #expect(directory.cachedPublicKey(of: node) == first)
    try await registry.answer(node, .failure(KeyDirectoryError(code: .unavailable, message: "down")))
    for _ in 0..<10 { #expect(directory.cachedPublicKey(of: node) == first) }
    #expect(registry.asked.count == 2)
    async let login = directory.publicKey(of: node)
    try await registry.wait(for: 3)
    try await registry.answer(node, .failure(KeyDirectoryError(code: .unavailable, message: "down")))
    #expect(try await login == first)
    #expect(!directory.hasRevoked(first, of: node))
    registry.advance(by: .seconds(5))
    #expect(directory.cachedPublicKey(of: node) == first)
    #expect(registry.asked.count == 4)
    #expect(directory.counts.failed == 2)
    try await registry.answer(node, .success(second))
    #expect(directory.cachedPublicKey(of: node) == second)
  }

  @Test("A key is fetched ahead once, is at hand then, and a node that isn't known isn't asked for again at once")
  func prefetch() async throws {
    let registry = ScriptedRegistry()
    let directory = registry.directory()
    let (known, unknown) = (try node(1), try node(2))
    for _ in 0..<3 {
      directory.prefetch(known)
      directory.prefetch(unknown)
    }
    #expect(registry.asked == [known, unknown])
    try await registry.answer(known, .success(first))
    try await registry.answer(unknown, .success(nil))
    #expect(directory.cachedPublicKey(of: known) == first)
    for node in [known, unknown] { directory.prefetch(node) }
    #expect(registry.asked.count == 2)
    registry.advance(by: .seconds(10))
    for node in [known, unknown] { directory.prefetch(node) }
    #expect(registry.asked == [known, unknown, unknown])
    try await registry.answer(unknown, .success(nil))
  }

  @Test("Strangers' datagrams take up a few lookups at most, and none from logins and known keys")
  func budgets() async throws {
    let registry = ScriptedRegistry()
    let directory = registry.directory {
      $0.maximumLookups = 1
      $0.maximumRefreshes = 1
    }
    let (mine, attached) = (try node(1), try node(2))
    try await registry.learn(first, of: attached, directory)
    registry.advance(by: .seconds(300))
    for number in 100..<200 as Range<UInt32> { directory.prefetch(try node(number)) }
    #expect(registry.asked.count == 5)
    #expect(directory.counts.prefetchesLeftOut == 96)
    #expect(directory.cachedPublicKey(of: attached) == first)
    async let login = directory.publicKey(of: mine)
    try await registry.wait(for: 7)
    try await registry.answer(mine, .success(second))
    #expect(try await login == second)
    try await registry.answer(attached, .success(first))
    // There is room again when one has ended.
    try await registry.answer(try node(100), .success(nil))
    directory.prefetch(try node(300))
    #expect(registry.asked.last == (try node(300)))
    try await registry.answerAll()
  }

  @Test("A known node needs no place: with all of them taken it is asked for, or served by the key that it had")
  func knownNodes() async throws {
    let registry = ScriptedRegistry()
    let directory = registry.directory {
      $0.maximumLookups = 1
      $0.maximumRefreshes = 1
    }
    let (known, other) = (try node(1), try node(2))
    for node in [known, other] { try await registry.learn(first, of: node, directory) }
    registry.advance(by: .seconds(300))
    let remote = Endpoint(ipv4: 192, 0, 2, 1, port: 1)
    async let stranger = directory.publicKey(of: try node(100), for: remote)
    try await registry.wait(for: 3)
    async let login = directory.publicKey(of: known, for: remote)
    try await registry.wait(for: 4)
    #expect(registry.asked.suffix(2) == [try node(100), known])
    #expect(try await directory.publicKey(of: other, for: remote) == first)
    try await registry.answer(known, .success(second))
    #expect(try await login == second)
    try await registry.answer(try node(100), .success(nil))
    #expect(try await stranger == nil)
    #expect(directory.counts.refused == 0)
  }

  @Test("A lookup that is given up fails and ends there, and an answer to it afterwards is nobody's")
  func givenUp() async throws {
    let registry = ScriptedRegistry()
    let directory = registry.directory { $0.maximumLookups = 1 }
    let (one, two) = (try node(1), try node(2))
    func login(_ node: NodeID, from last: UInt8) -> Task<PublicKey?, any Error> {
      Task { try await directory.publicKey(of: node, for: Endpoint(ipv4: 192, 0, 2, last, port: 1)) }
    }
    let given = login(one, from: 1)
    try await registry.wait(for: 1)
    let late = try #require(registry.takeOpen(one))
    let newcomer = login(two, from: 2)
    let error = await #expect(throws: KeyDirectoryError.self) { try await given.value }
    #expect(error?.message == "too many registry lookups are under way")
    try await registry.wait(for: 2)
    #expect(registry.ended == [one])
    // The same node again, whose lookup mustn't end by the first one's answer.
    let again = login(one, from: 1)
    await #expect(throws: KeyDirectoryError.self) { try await newcomer.value }
    try await registry.wait(for: 3)
    #expect(registry.ended == [one, two])
    late.fail(KeyDirectoryError(code: .unavailable, message: "closed", cause: ChannelError.eof))
    try await registry.settle()
    #expect(directory.counts.failed == 0 && registry.news.isEmpty)
    try await registry.answer(one, .success(first))
    #expect(try await again.value == first)
    #expect(directory.counts.refused == 2)
    try await registry.answer(two, .success(second))
    #expect(directory.cachedPublicKey(of: two) == nil)
  }

  @Test("A login joins the lookup that is under way for its node")
  func joined() async throws {
    let registry = ScriptedRegistry()
    let (directory, node) = (registry.directory(), try node(7))
    directory.prefetch(node)
    async let logins = [directory.publicKey(of: node), directory.publicKey(of: node)]
    try await registry.answer(node, .success(first))
    #expect(try await logins == [first, first])
    #expect(registry.asked.count == 1)
  }

  @Test(
    "A question that the registry won't answer holds up nobody; a silent registry rests")
  func pauses() async throws {
    let registry = ScriptedRegistry()
    let (directory, attached) = (registry.directory(), try node(2))
    try await registry.learn(first, of: attached, directory)
    registry.advance(by: .seconds(300))
    directory.prefetch(try node(66))
    try await registry.answer(try node(66), .failure(KeyDirectoryError(code: .unavailable, message: "request failed")))
    directory.prefetch(try node(67))
    #expect(registry.asked.last == (try node(67)))
    let silence = KeyDirectoryError(code: .unavailable, message: "no answer", cause: ChannelError.eof)
    try await registry.answer(try node(67), .failure(silence))
    directory.prefetch(try node(68))
    #expect(registry.asked.last == (try node(67)))
    #expect(directory.counts.prefetchesLeftOut == 1)
    #expect(directory.cachedPublicKey(of: attached) == first)
    #expect(registry.asked.last == attached)
    try await registry.answer(attached, .success(first))
  }

  @Test("A lookup that fails is told with its reason, whoever wanted it, and so is the next answer")
  func told() async throws {
    let registry = ScriptedRegistry()
    let (directory, node) = (registry.directory(), try node(7))
    directory.prefetch(node)
    try await registry.answer(node, .failure(KeyDirectoryError(code: .unavailable, message: "request failed")))
    directory.prefetch(node)
    try await registry.answer(node, .success(nil))
    #expect(registry.news == ["failing: request failed", "answering"])
  }
}

/// A registry whose answers, and whose directory's time, the test plays.
private final class ScriptedRegistry: Sendable {
  private struct State {
    var now = MonotonicInstant.start
    var asked: [NodeID] = []
    /// Whose answers nobody waits for any more.
    var ended: [NodeID] = []
    var open: [NodeID: EventLoopPromise<PublicKey?>] = [:]
    var news: [String] = []
  }

  private let loop = MultiThreadedEventLoopGroup.singleton.next()
  private let state = Mutex(State())

  var asked: [NodeID] { state.withLock { $0.asked } }
  var ended: [NodeID] { state.withLock { $0.ended } }
  var news: [String] { state.withLock { $0.news } }

  deinit {
    for promise in state.withLock({ Array($0.open.values) }) { promise.fail(CancellationError()) }
  }

  func directory(
    _ adjust: (inout RegistryDirectory.Configuration) -> Void = { _ in }
  ) -> RegistryDirectory {
    var configuration = RegistryDirectory.Configuration()
    adjust(&configuration)
    return RegistryDirectory(
      configuration: configuration, now: { [self] in state.withLock { $0.now } },
      ask: { [self] node, end in
        let promise = loop.makePromise(of: PublicKey?.self)
        end.whenComplete { [self] _ in state.withLock { $0.ended.append(node) } }
        state.withLock { state in
          state.asked.append(node)
          state.open[node] = promise
        }
        return promise.futureResult
      },
      tell: { [self] news in state.withLock { $0.news.append(news.text) } })
  }

  func advance(by duration: Duration) {
    state.withLock { $0.now = $0.now.advanced(by: duration) }
  }

  /// Answers the lookup of a node that is under way, and waits until the directory has heard.
  func answer(_ node: NodeID, _ answer: Result<PublicKey?, KeyDirectoryError>) async throws {
    let promise = try #require(takeOpen(node))
    promise.completeWith(answer.mapError { $0 as any Error })
    try await settle()
  }

  /// The answer to come of the lookup of a node that is under way, which the test gives or not.
  func takeOpen(_ node: NodeID) -> EventLoopPromise<PublicKey?>? {
    state.withLock { $0.open.removeValue(forKey: node) }
  }

  /// Waits until the directory has heard what was answered.
  func settle() async throws { try await loop.submit {}.get() }

  func answerAll() async throws {
    for node in state.withLock({ Array($0.open.keys) }) { try await answer(node, .success(nil)) }
  }

  /// Waits until so many lookups were begun in all.
  func wait(for count: Int) async throws {
    while asked.count < count {
      try Task.checkCancellation()
      await Task.yield()
    }
  }

  /// Has the directory ask for a node's key and remember it.
  func learn(_ key: PublicKey, of node: NodeID, _ directory: RegistryDirectory) async throws {
    directory.prefetch(node)
    try await answer(node, .success(key))
  }
}
