import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Sessions are made")
struct SessionSetupTests {
  private let world = TunnelWorld()
  private let first: TunnelWorld.Node
  private let second: TunnelWorld.Node

  init() throws {
    first = try world.start(1)
    second = try world.start(2)
  }

  @Test(
    "in one round trip: a packet that waited arrives half a round trip later, once, and nothing leaves in the clear")
  func oneRoundTrip() {
    let payload = Array("a secret that waits".utf8)
    world.secrets = [payload]
    let began = world.now
    world.send(payload, from: first, to: second)
    world.run(for: .seconds(5))
    #expect(second.payloads(of: first.id) == [payload])
    #expect(second.delivered.first?.at == began.advanced(by: world.latency * 3))
    #expect(world.leaks.isEmpty)
    #expect(first.machine.sealer(for: second.id) != nil && second.machine.sealer(for: first.id) != nil)
    world.send(payload, from: second, to: first)
    world.run(for: .seconds(1))
    #expect(first.payloads(of: second.id) == [payload])
  }

  @Test("when both begin at once: one session, and each packet once", arguments: [1, 2, 3, 4])
  func bothAtOnce(_ seed: UInt64) throws {
    let world = TunnelWorld(seed: seed)
    let (first, second) = (try world.start(1), try world.start(2))
    for number in UInt8(0)..<10 {
      world.send([1, number], from: first, to: second)
      world.send([2, number], from: second, to: first)
    }
    world.run(for: .seconds(3))
    #expect(second.payloads(of: first.id).sorted { $0[1] < $1[1] } == (UInt8(0)..<10).map { [1, $0] })
    #expect(first.payloads(of: second.id).sorted { $0[1] < $1[1] } == (UInt8(0)..<10).map { [2, $0] })
    #expect(first.machine.counters.confirmed == 1 && second.machine.counters.confirmed == 1)
  }

  @Test("and a key exchange isn't answered for ever")
  func noPingPong() {
    world.latency = .milliseconds(900)
    world.send([1], from: first, to: second)
    world.run(for: .seconds(10))
    let offers = first.machine.counters.offers + second.machine.counters.offers
    world.run(for: .seconds(600))
    #expect(first.machine.counters.offers + second.machine.counters.offers == offers)
    #expect(offers <= 8)
  }

  @Test("after 20 s in which nothing came through in one direction", arguments: [[1, 2], [2, 1]] as [[UInt32]])
  func deafDirection(_ ends: [UInt32]) throws {
    world.blocked = [try ends.map { try #require(NodeID($0)) }]
    world.send([7], from: first, to: second)
    world.run(for: .seconds(20))
    #expect(second.delivered.isEmpty)
    world.blocked = []
    world.run(for: .seconds(2))
    world.send([8], from: first, to: second)
    world.run(for: .seconds(4))
    #expect(second.payloads(of: first.id).contains([8]))
    let payloads = second.payloads(of: first.id)
    #expect(Set(payloads).count == payloads.count)
  }

  @Test("where the beacon says that the peer isn't there, a key exchange is sent again each second, until it is")
  func goneAndBack() throws {
    let late = second
    world.nodes[late.id] = nil
    world.send([1], from: first, to: late)
    for _ in 0..<6 {
      world.run(for: .milliseconds(50))
      first.machine.gone(late.id, at: world.now)
      world.run(for: .milliseconds(1_000))
    }
    #expect((6...7).contains(first.machine.counters.offers))
    world.nodes[late.id] = late
    first.machine.gone(late.id, at: world.now)
    world.run(for: .milliseconds(1_200))
    #expect(late.payloads(of: first.id) == [[1]])
  }

  @Test("the beacon is reached: what nobody has answered is sent again at once")
  func reached() throws {
    let late = second
    world.nodes[late.id] = nil
    world.send([1], from: first, to: late)
    world.run(for: .milliseconds(100))
    world.nodes[late.id] = late
    first.machine.reached(at: world.now)
    world.perform(first)
    world.run(for: .milliseconds(200))
    #expect(late.payloads(of: first.id) == [[1]])
  }

  @Test("the beacon is reached before the peer has reached it: a second later is soon enough")
  func reachedFirst() throws {
    let late = second
    world.nodes[late.id] = nil
    world.send([1], from: first, to: late)
    world.run(for: .milliseconds(100))
    first.machine.reached(at: world.now)
    world.perform(first)
    world.run(for: .milliseconds(100))
    world.nodes[late.id] = late
    world.run(for: .milliseconds(1_200))
    #expect(late.payloads(of: first.id) == [[1]])
  }

  @Test(
    "An exchange that nobody answers is sent after 1 s, then every 4 s, 5 times, then with packets, every 4 s at most")
  func repeats() throws {
    world.nodes[second.id] = nil
    world.send([1], from: first, to: second)
    world.run(for: .seconds(60))
    #expect(first.machine.counters.offers == 6)
    let times = world.recorded.map { world.recorded[0].due.duration(to: $0.due) }
    #expect(times == [0, 1, 5, 9, 13, 17].map { .seconds($0) })
    for _ in 0..<80 {
      world.send([2], from: first, to: second)
      world.run(for: .milliseconds(500))
    }
    #expect((6 + 6...6 + 11).contains(first.machine.counters.offers))
  }

  @Test("Packets wait, 64 a peer, and not for ever; what is dropped is the newest, and counted")
  func pending() throws {
    world.nodes[second.id] = nil
    for number in UInt8(0)..<70 { world.send([number], from: first, to: second) }
    #expect(first.machine.counters[.pendingFull] == 6)
    let again = try world.start(2)
    world.run(for: .seconds(3))
    #expect(again.payloads(of: first.id) == (UInt8(0)..<64).map { [$0] })

    world.nodes[again.id] = nil
    let third = try world.start(3)
    world.nodes[third.id] = nil
    world.send([1], from: first, to: third)
    world.run(for: .seconds(40))
    #expect(first.machine.counters[.pendingExpired] == 1)
  }

  @Test("Packets wait for 256 peers, and for no more bytes than the bound")
  func pendingPeers() throws {
    for number in UInt32(100)..<356 {
      let peer = try world.start(number)
      world.nodes[peer.id] = nil
      guard case .queued = world.send([1], from: first, to: peer) else {
        Issue.record("no room for peer \(number)")
        return
      }
    }
    guard case .dropped(.pendingFull) = world.send([1], from: first, to: second) else {
      Issue.record("room for another peer")
      return
    }
    var configuration = TunnelConfiguration()
    configuration.pendingBytes = 1_000
    let small = TunnelWorld(seed: 1, configuration)
    let (one, two) = (try small.start(1), try small.start(2))
    small.nodes[two.id] = nil
    small.send([UInt8](repeating: 0, count: 900), from: one, to: two)
    small.send([UInt8](repeating: 0, count: 101), from: one, to: two)
    #expect(one.machine.counters[.pendingFull] == 1)
  }
}
