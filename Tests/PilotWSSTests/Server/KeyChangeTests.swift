import PilotTesting
import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotWSS

/// What becomes of connections whose key isn't their node's any more.
@Suite(.timeLimit(.minutes(1)))
struct KeyChangeTests {
  private let close = WebSocketCloseFrame(.policyViolation, reason: "key changed")

  @Test func `a connection knows the key that was proven, and is closed with 1008 when it is revoked`() async throws {
    let listener = try await TestListener.start()
    let node = try await HandshakingNode.established(at: listener)
    let connection = try await listener.connection(of: 7)
    #expect(connection.key == (try TestIdentities.identity(7).publicKey))
    connection.revoke()
    #expect(try await node.takeClose() == close)
    try await listener.log.wait { $0.detached == [connection.id] }
    await listener.shutDown()
  }

  /// Whoever closes connections on a change may look for them before this one is attached: it must not be missed.
  @Test func `a node whose key changes between its check and its attachment is closed, and never told that it is in`()
    async throws
  {
    let node = try TestIdentities.node(7)
    let keys = KeysThatChange(
      node: node, first: try TestIdentities.identity(7).publicKey, then: try TestIdentities.identity(8).publicKey)
    let listener = try await TestListener.start(keys: keys)
    let raw = try await HandshakingNode.challenged(by: listener)
    try await raw.send(.text(TestIdentities.reply(to: raw.challenge)))
    #expect(try await raw.connection.takeFrame() == .close(close))
    raw.connection.close()
    try await listener.log.wait { $0.attached.count == 1 && $0.detached.count == 1 }
    await listener.shutDown()
  }

  @Test func `a key that the directory would have to ask for again is not taken for revoked`() async throws {
    let listener = try await TestListener.start(keys: KeysOnRequest())
    let node = try await HandshakingNode.established(at: listener)
    node.connection.close()
    await listener.shutDown()
  }
}

/// Has another key for its node as soon as it was asked.
private final class KeysThatChange: KeyDirectory {
  private let node: NodeID
  private let first: PublicKey
  private let then: PublicKey
  private let isChanged = Atomic(false)

  init(node: NodeID, first: PublicKey, then: PublicKey) {
    self.node = node
    self.first = first
    self.then = then
  }

  func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey? {
    isChanged.store(true, ordering: .sequentiallyConsistent)
    return first
  }

  func cachedPublicKey(of node: NodeID) -> PublicKey? {
    isChanged.load(ordering: .sequentiallyConsistent) ? then : nil
  }
}

/// Has nothing at hand.
private struct KeysOnRequest: KeyDirectory {
  func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey? {
    try? TestIdentities.identity(UInt8(node.rawValue)).publicKey
  }
}
