import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Whose session it is")
struct SessionPeerTests {
  private let world = TunnelWorld()
  private let first: TunnelWorld.Node
  private let second: TunnelWorld.Node

  init() throws {
    first = try world.start(1)
    second = try world.start(2)
  }

  @Test("A node that nobody knows is refused, in both directions, and what waits for it is dropped")
  func unknown() {
    world.directory[second.id] = .unknown
    world.send([1], from: first, to: second)
    #expect(first.refused[second.id] == [.unknown])
    #expect(first.machine.counters[.refused] == 1)
    world.directory[first.id] = .key(first.identity.publicKey)
    world.send([1], from: second, to: first)
    world.run(for: .seconds(3))
    #expect(first.delivered.isEmpty && first.machine.connectedPeers.isEmpty)
    #expect(first.machine.counters[.unknownPeer] >= 1)
    #expect((first.refused[second.id] ?? []).count <= 4)
  }

  @Test("A directory that can't say refuses for now")
  func unavailable() {
    first.machine.connect(to: second.id, at: world.now)
    _ = first.machine.nextOutput()
    first.machine.learned(nil, of: second.id, at: world.now)
    guard case .refused(second.id, .unavailable)? = first.machine.nextOutput() else {
      Issue.record("not refused")
      return
    }
  }

  @Test("A peer with another identity is refused until the directory has it; then the session of the old one is over")
  func otherIdentity() throws {
    world.send([1], from: first, to: second)
    world.run(for: .seconds(1))
    let again = try world.start(2, as: Identity())
    world.send([2], from: again, to: first)
    world.run(for: .seconds(12))
    #expect(!first.payloads(of: second.id).contains([2]))
    #expect(first.machine.counters[.wrongKey] >= 1)
    #expect(first.refused[second.id] == nil || first.refused[second.id]?.allSatisfy { $0 == .wrongKey } == true)

    world.directory[second.id] = .key(again.identity.publicKey)
    first.machine.learned(.key(again.identity.publicKey), of: second.id, at: world.now)
    world.perform(first)
    #expect(first.ended[second.id] == [.keyChanged])
    #expect(first.machine.sealer(for: second.id) == nil)
    world.run(for: .seconds(5))
    world.send([3], from: again, to: first)
    world.run(for: .seconds(5))
    #expect(first.payloads(of: second.id).contains([3]))
  }

  @Test("A node that is taken out of the directory loses its session at once")
  func revoked() {
    world.send([1], from: first, to: second)
    world.run(for: .seconds(1))
    world.directory[second.id] = .unknown
    first.machine.learned(.unknown, of: second.id, at: world.now)
    world.perform(first)
    #expect(first.ended[second.id] == [.revoked])
    world.send([9], from: second, to: first)
    world.run(for: .seconds(5))
    #expect(first.delivered.isEmpty && first.machine.connectedPeers.isEmpty)
  }

  @Test("That somebody claims another key for a peer isn't told while the peer's own session is alive")
  func claimedKey() throws {
    world.send([1], from: first, to: second)
    world.run(for: .seconds(1))
    let other = try world.start(2, as: Identity())
    world.send([2], from: other, to: first)
    for number in UInt8(0)..<24 {
      world.send([100 + number], from: second, to: first)
      world.run(for: .milliseconds(500))
    }
    #expect(first.machine.counters[.wrongKey] >= 1)
    #expect(first.refused[second.id] == nil)
    // The session says nothing any more.
    world.run(for: .seconds(7))
    world.send([3], from: other, to: first)
    world.run(for: .seconds(12))
    #expect(first.refused[second.id]?.contains(.wrongKey) == true)
    #expect(!first.payloads(of: second.id).contains([3]))
  }

  @Test("The key exchanges of the vectors are taken, and the rejected one isn't")
  func vectors() throws {
    let vectors = try TunnelVectors.load()
    let world = TunnelWorld()
    let identities = try vectors.identities.map { vector in
      let seed = try bytes(hex: vector.seed_hex)
      return try Identity(seed: seed.span.raw)
    }
    let receiver = try world.start(vectors.identities[1].node_id, as: identities[1])
    let sender = try #require(NodeID(vectors.identities[0].node_id))
    world.directory[sender] = .key(identities[0].publicKey)
    let forged = try #require(vectors.tunnel.rejected.first { $0.why == "PILA signed by another key" })
    world.inject(try bytes(hex: forged.hex), into: receiver, by: .relay, relayedFor: sender)
    #expect(receiver.machine.counters.verified == 0)
    #expect(receiver.machine.counters[.wrongKey] + receiver.machine.counters[.wrongSignature] == 1)
    let frame = try bytes(hex: vectors.tunnel.auth_key_exchange_PILA[0].frame_hex)
    #expect(world.inject(frame, into: receiver, by: .relay, relayedFor: sender) == .exchange(sender))
    #expect(receiver.machine.counters.verified == 1)
    let magics = world.recorded.map { String(decoding: $0.frame.prefix(4), as: UTF8.self) }
    #expect(magics.contains("PILA") && magics.last == "PILS")
  }

  @Test("What nobody vouches for is refused of a known peer, and answered by a signed exchange, once a second")
  func unauthenticated() throws {
    let frame = try bareExchange(of: second.id)
    for _ in 0..<3 { world.inject(frame, into: first, by: .relay, relayedFor: second.id) }
    #expect(first.machine.counters[.unauthenticated] == 3)
    #expect(world.recorded.map { String(decoding: $0.frame.prefix(4), as: UTF8.self) } == ["PILA"])
    #expect(first.machine.connectedPeers.isEmpty)
  }

  @Test("Of an unknown one it is taken only where that is allowed", arguments: [true, false])
  func unauthenticatedStranger(_ isAllowed: Bool) throws {
    var configuration = TunnelConfiguration()
    configuration.allowsUnauthenticated = isAllowed
    let world = TunnelWorld(seed: 1, configuration)
    let node = try world.start(1)
    let stranger = try #require(NodeID(9))
    world.inject(try bareExchange(of: stranger), into: node, by: .relay, relayedFor: stranger)
    let isProbed = world.recorded.contains { $0.frame.starts(with: "PILS".utf8) }
    #expect(isProbed == isAllowed)
    #expect(node.refused[stranger] == (isAllowed ? nil : [.notAllowed]))
  }

  @Test("A frame that the beacon says is another node's is dropped, and one that says it is ours")
  func claimed() throws {
    world.send([1], from: second, to: first)
    let offer = try #require(world.recorded.first).frame
    #expect(world.inject(offer, into: first, by: .relay, relayedFor: NodeID(3)) == .dropped(.otherSender))
    #expect(world.inject(offer, into: second, by: .relay, relayedFor: second.id) == .dropped(.ownSender))
    #expect(first.machine.counters.verified == 0)
  }

  @Test("A packet in the clear is dropped, whatever is in it")
  func plain() throws {
    let vectors = try TunnelVectors.load().tunnel
    let frame = try bytes(hex: vectors.plain_PILT_hex)
    #expect(world.inject(frame, into: first, by: .relay, relayedFor: second.id) == .dropped(.plain))
    #expect(first.delivered.isEmpty && first.machine.counters[.plain] == 1)
  }

  private func bareExchange(of node: NodeID) throws -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return KeyExchange(sender: node, agreementKey: AgreementKeyPair(using: &random).publicKey).encoded()
  }
}
