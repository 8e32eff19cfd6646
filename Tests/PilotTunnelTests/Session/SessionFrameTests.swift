import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Frames that open")
struct SessionFrameTests {
  private let world = TunnelWorld()
  private let first: TunnelWorld.Node
  private let second: TunnelWorld.Node
  private let sealer: Sealer

  init() throws {
    first = try world.start(1)
    second = try world.start(2)
    world.send([0], from: first, to: second)
    world.run(for: .seconds(1))
    sealer = try #require(second.machine.sealer(for: first.id))
  }

  private func receive(_ header: PacketHeader, _ payload: [UInt8] = []) throws -> Reception {
    world.inject(try sealer.sealed(header, payload.span.raw), into: first, by: .relay, relayedFor: second.id)
  }

  @Test("whose packet has another source than who sealed it are dropped, and for another node")
  func ends() throws {
    let third = try #require(NodeID(3))
    #expect(try receive(TunnelWorld.header(from: third, to: first.id), [1]) == .dropped(.wrongSource))
    #expect(try receive(TunnelWorld.header(from: second.id, to: third), [1]) == .dropped(.wrongDestination))
    #expect(
      try receive(TunnelWorld.header(from: third, to: first.id, .control, port: 0), [1]) == .dropped(.wrongSource))
    #expect(first.delivered.isEmpty)
    #expect(first.machine.counters(of: second.id)?[.wrongSource] == 2)
  }

  @Test("with a source of 0 are a sign of life of old versions, and nothing else")
  func zeroSource() throws {
    let address = PilotAddress(network: 0, node: 0)
    func header(_ kind: PacketProtocol, port: UInt16) -> PacketHeader {
      var header = TunnelWorld.header(from: second.id, to: first.id, kind, port: port)
      header.source = PilotSocketAddress(address: address, port: port)
      return header
    }
    #expect(try receive(header(.control, port: 0)) == .life(from: second.id))
    #expect(try receive(header(.control, port: 0), [1]) == .dropped(.wrongSource))
    #expect(try receive(header(.control, port: 1)) == .dropped(.wrongSource))
    #expect(try receive(header(.datagram, port: 0)) == .dropped(.wrongSource))
  }

  @Test("and hold no packet are dropped, and nothing of them is handed on")
  func noPacket() throws {
    let header = TunnelWorld.header(from: second.id, to: first.id)
    let payload = [UInt8](repeating: 1, count: 40)
    // A frame with another packet in it: one bit of the checksum is wrong.
    var frame = try sealer.sealed(header, payload.span.raw)
    var plaintext = try Packet(header: header, payload: payload.span.raw).encoded()
    plaintext[33] ^= 1
    frame.replaceSubrange(20..<20 + plaintext.count, with: plaintext)
    let isSealed = frame.lending { sealer.cipher.seal(&$0) }
    #expect(isSealed)
    #expect(world.inject(frame, into: first, by: .relay, relayedFor: second.id) == .dropped(.malformedPacket))
    #expect(first.delivered.isEmpty)
  }

  @Test("A path probe is answered by the way that it came: ACK, ends exchanged, payload echoed; the answer isn't")
  func probes() throws {
    var header = TunnelWorld.header(from: second.id, to: first.id, .control, port: 0)
    header.source = PilotSocketAddress(address: header.source.address, port: 50_000)
    let payload = Array("pathprobe.v1 and more".utf8)
    let range = 34..<34 + payload.count
    let frame = try sealer.sealed(header, payload.span.raw)
    let route = TunnelRoute.direct(.any(port: 77))
    #expect(world.inject(frame, into: first, by: route) == .probe(from: second.id, payload: range))
    let answer = try #require(world.recorded.last)
    #expect(answer.route == route && answer.receiver == second.id)
    let count = world.recorded.count
    world.run(for: .milliseconds(100))
    #expect(second.receptions.last == .echo(from: first.id, payload: range))
    #expect(world.recorded.count == count)
  }

  @Test("Something is sealed every 25 s, be it a sign of life; nothing more while packets go")
  func keepalive() {
    let began = world.recorded.count
    world.run(for: .seconds(100))
    let sent = world.recorded[began...].filter { $0.sender == first.id }
    #expect((4...5).contains(sent.count))
    let lives = second.receptions.count { $0 == .life(from: first.id) }
    #expect(lives == sent.count)
    #expect(second.delivered.count == 1)
    for _ in 0..<10 {
      world.send([1], from: first, to: second)
      world.run(for: .seconds(10))
    }
    #expect(second.receptions.count { $0 == .life(from: first.id) } == lives)
  }

  @Test("A session without a packet either way for half an hour is over at both ends")
  func idle() {
    world.run(for: .seconds(1_790))
    #expect(first.ended.isEmpty && second.ended.isEmpty)
    world.run(for: .seconds(30))
    #expect(first.ended[second.id] == [.idle] && second.ended[first.id] == [.idle])
    #expect(first.machine.deadline == nil)
    let sent = world.recorded.count
    world.run(for: .seconds(1_000))
    #expect(world.recorded.count == sent)
  }

  @Test("Where there are too many sessions, the one that has been used least lately goes")
  func eviction() throws {
    var configuration = TunnelConfiguration()
    configuration.peerLimit = 2
    let world = TunnelWorld(seed: 1, configuration)
    let hub = try world.start(1)
    let peers = try (2...4).map { try world.start($0) }
    for peer in [peers[0], peers[1], peers[0]] {
      world.send([1], from: peer, to: hub)
      world.run(for: .seconds(2))
    }
    world.send([1], from: peers[2], to: hub)
    world.run(for: .seconds(2))
    #expect(hub.ended[peers[1].id] == [.evicted])
    #expect(Set(hub.machine.connectedPeers) == [peers[0].id, peers[2].id])
    // Who was evicted comes again.
    world.send([2], from: peers[1], to: hub)
    world.run(for: .seconds(3))
    world.send([3], from: peers[1], to: hub)
    world.run(for: .seconds(3))
    #expect(hub.payloads(of: peers[1].id).contains([3]))
  }

  @Test("What comes and goes is counted, of one peer and of all")
  func counters() throws {
    for _ in 0..<5 { world.send([1, 2, 3], from: second, to: first) }
    world.run(for: .seconds(1))
    let counters = try #require(first.machine.counters(of: second.id))
    #expect(counters.received == 5 && counters.receivedBytes == 15)
    #expect(first.machine.counters.received == 5)
    let sent = try #require(second.machine.counters(of: first.id))
    #expect(
      sent.sealed == UInt64(world.recorded.count { $0.sender == second.id && $0.frame.starts(with: "PILS".utf8) }))
    #expect(sent.sealed == second.machine.counters.sealed)
    #expect(counters.opened == sent.sealed)
    #expect(counters.dropped == 0)
  }
}
