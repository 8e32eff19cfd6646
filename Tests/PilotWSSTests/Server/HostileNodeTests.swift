import PilotTesting
import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct HostileNodeTests {
  private func refusal(_ listener: TestListener) async throws -> WSSRefusal {
    try await listener.log.first { $0.refusals.last }
  }

  /// What a node says instead of its reply, and the code of the Close that it gets.
  static let messages: [(RawFrame, WebSocketCloseCode)] = [
    (.binary([1]), .policyViolation),
    (.binary([]), .policyViolation),
    (.text(""), .policyViolation),
    (.text("{"), .policyViolation),
    (.text(#"{"type":"auth_ok"}"#), .policyViolation),
    (.text(String(repeating: "x", count: 60_000)), .policyViolation),
    (.text(String(repeating: "x", count: 1 << 20)), .messageTooBig),
    (RawFrame(opcode: 1, payload: [0xFF]), .invalidPayload),
    (RawFrame(opcode: 5), .protocolError),
    (RawFrame(opcode: 2, payload: pattern(10), announced: 65_537), .messageTooBig),
  ]

  @Test(arguments: messages.indices)
  func `what is no reply gets a Close that is seen, and nothing else`(index: Int) async throws {
    let (message, code) = Self.messages[index]
    let listener = try await TestListener.start()
    let node = try await HandshakingNode.challenged(by: listener)
    // The listener may hang up in the middle of a megabyte.
    try? await node.send(message)
    #expect(try await node.takeClose().code == code)
    #expect(try await refusal(listener).reason == .unexpectedMessage)
    try await node.connection.closed()
    await listener.shutDown()
    #expect(listener.log.value.attached.isEmpty && listener.log.value.refusals.count == 1)
    #expect(listener.listener.openConnections == 0)
  }

  @Test func `a reply to another connection's challenge is refused`() async throws {
    let listener = try await TestListener.start()
    let first = try await HandshakingNode.challenged(by: listener)
    let second = try await HandshakingNode.challenged(by: listener)
    #expect(first.challenge.nonce != second.challenge.nonce)
    try await second.send(.text(TestIdentities.reply(to: first.challenge)))
    #expect(try await second.takeClose() == WebSocketCloseFrame(.policyViolation, reason: "auth failed"))
    let refusal = try await refusal(listener)
    #expect(refusal.reason == .badSignature)
    #expect(refusal.node?.rawValue == 7)
    first.connection.close()
    await listener.shutDown()
  }

  @Test func `a reply that comes too late is refused`() async throws {
    let time = Atomic64(1_700_000_000)
    let listener = try await TestListener.start { $0.unixTime = { time.value } }
    let node = try await HandshakingNode.challenged(by: listener)
    time.value += 31
    try await node.send(.text(TestIdentities.reply(to: node.challenge)))
    #expect(try await node.takeClose().reason == "auth failed")
    #expect(try await refusal(listener).reason == .expired)
    await listener.shutDown()
  }

  @Test func `no reply at all ends at the limit, as does a node that only pings`() async throws {
    let listener = try await TestListener.start { $0.limits.authenticationLimit = .milliseconds(300) }
    let silent = try await HandshakingNode.challenged(by: listener)
    #expect(try await silent.takeClose() == WebSocketCloseFrame(.policyViolation, reason: "auth timeout"))
    #expect(try await refusal(listener).reason == .timedOut)
    let pinging = try await HandshakingNode.challenged(by: listener)
    // It comes too late for a pong where this test runs slowly.
    try? await pinging.send(.ping([1]))
    #expect(try await pinging.takeClose().reason == "auth timeout")
    await listener.shutDown()
  }

  @Test func `a node that hangs up before it replies was no one`() async throws {
    let listener = try await TestListener.start()
    try await HandshakingNode.challenged(by: listener).connection.close()
    let refusal = try await refusal(listener)
    #expect(refusal.reason == .disconnected && refusal.node == nil)
    await listener.shutDown()
  }

  @Test func `frames behind the reply, before auth_ok, are refused`() async throws {
    let listener = try await TestListener.start(keys: SlowKeys())
    let node = try await HandshakingNode.challenged(by: listener)
    try await node.send(.text(TestIdentities.reply(to: node.challenge)), .binary([1]))
    #expect(try await node.takeClose().code == .policyViolation)
    #expect(try await refusal(listener).reason == .unexpectedMessage)
    await listener.shutDown()
    #expect(listener.log.value.frames.isEmpty)
  }

  @Test func `a node that leaves while its key is looked up is not attached when the key comes`() async throws {
    let keys = SlowKeys()
    let listener = try await TestListener.start(keys: keys)
    let node = try await HandshakingNode.challenged(by: listener)
    try await node.send(.text(TestIdentities.reply(to: node.challenge)))
    try await keys.asked.wait { $0 == 1 }
    node.connection.close()
    #expect(try await refusal(listener).reason == .disconnected)
    keys.answer.update { $0 = .success(try? TestIdentities.identity(7).publicKey) }
    // Another one comes after it on the same way.
    let next = try await HandshakingNode.established(at: listener)
    _ = try await listener.connection(of: 7)
    #expect(listener.log.value.attached.count == 1)
    next.connection.close()
    await listener.shutDown()
  }

  @Test func `keys that can't be looked up have the node try again, which is no refusal of its identity`() async throws
  {
    let keys = SlowKeys()
    keys.answer.update { $0 = .failure(KeyDirectoryError(code: .unavailable, message: "no answer")) }
    let listener = try await TestListener.start(keys: keys)
    let node = try await HandshakingNode.challenged(by: listener)
    try await node.send(.text(TestIdentities.reply(to: node.challenge)))
    #expect(try await node.takeClose() == WebSocketCloseFrame(.tryAgainLater, reason: "try again"))
    #expect(try await refusal(listener).reason == .lookupFailed)
    await listener.shutDown()
  }

  @Test func `a message of 65,536 bytes is taken, and an attached node that sends a longer one is closed with 1009`()
    async throws
  {
    let listener = try await TestListener.start(.nothing)
    let node = try await HandshakingNode.established(at: listener)
    try await node.send(.binary(pattern(65_536)))
    try await listener.log.wait { $0.frames == [pattern(65_536)] }
    try? await node.send(.binary(pattern(65_537)), .binary(pattern(65_000)))
    #expect(try await node.takeClose().code == .messageTooBig)
    try await listener.log.wait { $0.detached.count == 1 }
    await listener.shutDown()
  }

  @Test func `texts of an attached node are ignored`() async throws {
    let listener = try await TestListener.start()
    let node = try await HandshakingNode.established(at: listener)
    for text in ["hello", "{}", AuthOK().json] { try await node.send(.text(text)) }
    try await node.send(.binary([9]))
    #expect(try await node.connection.takeFrame() == .binary([9]))
    node.connection.close()
    await listener.shutDown()
  }

  @Test func `a shutdown tells the peers, and waits until they are gone`() async throws {
    let listener = try await TestListener.start()
    let polite = try await HandshakingNode.established(at: listener, as: 1)
    let deaf = try await HandshakingNode.established(at: listener, as: 2)
    async let farewell = polite.takeClose()
    await listener.shutDown()
    #expect(try await farewell == WebSocketCloseFrame(.goingAway, reason: "the beacon shuts down"))
    #expect(
      try await deaf.connection.takeFrame() == .close(WebSocketCloseFrame(.goingAway, reason: "the beacon shuts down")))
    #expect(listener.listener.openConnections == 0)
    #expect(listener.log.value.detached.count == 2)
    #expect(await failure { _ = try await TestClient.connect(listener.url()) }?.code == .connectFailed)
  }
}

/// Keys that come when the test says so.
private final class SlowKeys: KeyDirectory {
  let asked = Watched(0)
  let answer = Watched<Result<PublicKey?, KeyDirectoryError>?>(nil)

  func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey? {
    asked.update { $0 += 1 }
    guard let answer = try? await answer.first({ $0 }) else { return nil }
    return try answer.get()
  }
}

private final class Atomic64: Sendable {
  private let number: Atomic<UInt64>

  init(_ value: UInt64) {
    number = Atomic(value)
  }

  var value: UInt64 {
    get { number.load(ordering: .relaxed) }
    set { number.store(newValue, ordering: .relaxed) }
  }
}
