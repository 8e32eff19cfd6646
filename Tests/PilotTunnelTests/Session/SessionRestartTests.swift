import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Sessions take others' places")
struct SessionRestartTests {
  private let world = TunnelWorld()
  private let first: TunnelWorld.Node
  private let second: TunnelWorld.Node

  init() throws {
    first = try world.start(1)
    second = try world.start(2)
    world.send([0], from: first, to: second)
    world.run(for: .seconds(1))
    try #require(second.delivered.count == 1)
  }

  @Test("A peer that has started again gets packets within 2 s, though it sends none itself")
  func silentRestart() throws {
    let again = try world.start(2)
    for number in UInt8(1)..<20 {
      world.send([number], from: first, to: again)
      world.run(for: .milliseconds(100))
    }
    #expect(again.delivered.count >= 15)
    #expect(again.delivered.last?.payload == [19])
    world.send([9], from: again, to: first)
    world.run(for: .milliseconds(200))
    #expect(first.payloads(of: second.id) == [[9]])
  }

  @Test(
    "Nor does a stranger keep it from that, who sends frames in the sender's name, once or a thousand times a second",
    arguments: [1, 1_000])
  func floodedRestart(rate: Int) throws {
    let again = try world.start(2)
    let stranger = Endpoint(ipv4: 192, 0, 2, 1, port: 4_000)
    world.strangers = [stranger]
    let tag = [UInt8](repeating: 0, count: SealedFrame.tagLength)
    let forged = try SealedFrame(
      sender: first.id, nonce: TunnelNonce(prefix: 7, counter: 1), ciphertext: RawSpan(), tag: tag.span.raw
    ).encoded()
    for millisecond in 0..<2_000 {
      if millisecond % (1_000 / rate) == 0 { world.inject(forged, into: again, by: .direct(stranger)) }
      if millisecond % 100 == 50 { world.send([UInt8(millisecond / 100)], from: first, to: again) }
      world.run(for: .milliseconds(1))
    }
    #expect(again.delivered.count >= 15)
    #expect(again.machine.counters.offers <= 6)
  }

  @Test("Recorded key exchanges draw none of what waits to where they come from, and little to the peer")
  func recordedAndWaiting() throws {
    for _ in 0..<6 {
      let again = try world.start(2)
      world.send([1], from: again, to: first)
      world.run(for: .seconds(2))
    }
    let recorded = world.recorded.filter { $0.sender == second.id && $0.frame.starts(with: "PILA".utf8) }
    let waiting = try world.start(1)
    world.nodes[second.id] = nil
    let stranger = Endpoint(ipv4: 192, 0, 2, 1, port: 4_000)
    for number in UInt8(0)..<10 { world.send([UInt8](repeating: number, count: 1_000), from: waiting, to: second) }
    let sent = world.recorded.count
    for _ in 0..<3 {
      for exchange in recorded {
        world.inject(exchange.frame, into: waiting, by: .direct(stranger))
        world.run(for: .milliseconds(300))
      }
    }
    let long = world.recorded[sent...].filter { $0.frame.count > 1_000 }
    #expect(!long.isEmpty)
    #expect(long.allSatisfy { $0.route == .relay })
    #expect(long.count <= 20)
    // Nobody has shown that they have arrived.
    world.run(for: .seconds(60))
    #expect(waiting.machine.counters[.pendingExpired] == 10)
  }

  @Test("What was sent under an exchange isn't sent again when that one is confirmed behind a recorded one")
  func confirmedBehindARecording() throws {
    let recording = try #require(world.recorded.first { $0.sender == second.id && $0.frame.starts(with: "PILA".utf8) })
    let (again, waiting) = (try world.start(2), try world.start(1))
    world.blocked = [[again.id, waiting.id]]
    let mark = world.recorded.count
    world.send([7], from: waiting, to: again)
    world.run(for: .milliseconds(100))
    let answers = world.recorded[mark...].filter { $0.sender == again.id }
    let exchange = try #require(answers.first { $0.frame.starts(with: "PILA".utf8) })
    let sealed = try #require(answers.first { $0.frame.starts(with: "PILS".utf8) })
    for flight in [exchange, recording, sealed] {
      world.inject(flight.frame, into: waiting, by: .relay, relayedFor: again.id)
    }
    #expect(waiting.machine.sealer(for: again.id) != nil)
    world.run(for: .seconds(1))
    #expect(again.payloads(of: waiting.id) == [[7]])
  }

  @Test("One that begins by itself does so in one round trip, at the cost of nothing that is under way")
  func restart() throws {
    let again = try world.start(2)
    world.send([5], from: again, to: first)
    world.run(for: .milliseconds(61))
    #expect(first.payloads(of: second.id) == [[5]])
  }

  @Test("One that has started again a hundred times is still taken, and nothing recorded is taken again")
  func manyRestarts() throws {
    for number in UInt8(0)..<40 {
      let again = try world.start(2)
      world.send([1, number], from: again, to: first)
      world.run(for: .seconds(2))
      #expect(first.payloads(of: second.id).count == Int(number) + 1)
    }
    let before = first.delivered
    for flight in world.recorded where flight.receiver == first.id {
      world.inject(flight.frame, into: first, by: .direct(.any(port: 9)))
      world.run(for: .milliseconds(210))
    }
    #expect(first.delivered == before)
  }

  @Test("A recorded key exchange changes nothing: bounded answers, the session stays, packets go on")
  func replayedExchange() throws {
    let again = try world.start(2)
    world.send([1], from: again, to: first)
    world.run(for: .seconds(20))
    let sealer = try #require(first.machine.sealer(for: second.id))
    let readies = first.readies
    let recorded = world.recorded.filter { $0.receiver == first.id && $0.frame.starts(with: "PILA".utf8) }
    let sent = world.recorded.count
    for _ in 0..<50 {
      for flight in recorded { world.inject(flight.frame, into: first, by: .direct(.any(port: 9))) }
      world.run(for: .milliseconds(100))
    }
    // In five seconds: at most an answer a second and three probes for each key, and the echoes to none.
    #expect(world.recorded.count - sent <= 20)
    world.run(for: .seconds(60))
    #expect(first.readies == readies)
    #expect(first.machine.sealer(for: second.id) === sealer)
    world.send([2], from: again, to: first)
    world.send([3], from: first, to: again)
    world.run(for: .seconds(1))
    #expect(first.payloads(of: second.id).last == [2] && again.payloads(of: first.id).last == [3])
  }

  @Test("A candidate is confirmed by a frame that opens, not by the exchange that made it")
  func confirmedByAFrame() throws {
    let sealer = try #require(first.machine.sealer(for: second.id))
    let again = try world.start(2)
    // All that the new one sends but its key exchange is lost.
    world.blocked = [[again.id, first.id]]
    world.send([1], from: again, to: first)
    let offer = try #require(world.recorded.last { $0.sender == again.id }).frame
    #expect(offer.starts(with: "PILA".utf8))
    #expect(world.inject(offer, into: first, by: .relay, relayedFor: again.id) == .exchange(again.id))
    world.run(for: .milliseconds(900))
    #expect(first.machine.sealer(for: second.id) === sealer)
    world.blocked = []
    world.run(for: .seconds(5))
    #expect(first.machine.sealer(for: second.id) !== sealer)
  }

  @Test("What is under way under the session before opens for 10 s, once, and then no more")
  func stragglers() throws {
    let old = try #require(second.machine.sealer(for: first.id))
    let header = TunnelWorld.header(from: second.id, to: first.id)
    let payload: [UInt8] = [4]
    let straggler = try old.sealed(header, payload.span.raw)
    let late = try old.sealed(header, payload.span.raw)
    let again = try world.start(2)
    world.send([1], from: again, to: first)
    world.run(for: .seconds(1))
    let confirmed = first.machine.sealer(for: second.id)
    #expect(isPacket(world.inject(straggler, into: first, by: .relay, relayedFor: second.id)))
    #expect(world.inject(straggler, into: first, by: .relay, relayedFor: second.id) == .dropped(.replayed))
    #expect(first.machine.sealer(for: second.id) === confirmed)
    world.run(for: .seconds(10))
    #expect(world.inject(late, into: first, by: .relay, relayedFor: second.id) == .dropped(.forged))
  }

  @Test("A key that is an hour old is replaced, by the node with the lower ID, and nothing gets lost")
  func rekey() throws {
    let (before, other) = (first.machine.sealer(for: second.id), second.machine.sealer(for: first.id))
    var sent = 0
    for _ in 0..<220 {
      world.send([UInt8(sent % 256), 1], from: first, to: second)
      world.send([UInt8(sent % 256), 2], from: second, to: first)
      sent += 1
      world.run(for: .seconds(17))
    }
    #expect(first.machine.sealer(for: second.id) !== before)
    #expect(second.machine.sealer(for: first.id) !== other)
    #expect(first.delivered.count == sent && second.delivered.count == sent + 1)
    #expect(first.machine.counters.confirmed == 2 && second.machine.counters.confirmed == 2)
  }

  @Test("One that has sealed much is replaced, whichever node has; the higher ID a minute later")
  func rekeyAfterFrames() throws {
    var configuration = TunnelConfiguration()
    configuration.keyFrames = 50
    for busy in [UInt32(1), 2] {
      let world = TunnelWorld(seed: 3, configuration)
      let nodes = [try world.start(1), try world.start(2)]
      let (sender, receiver) = busy == 1 ? (nodes[0], nodes[1]) : (nodes[1], nodes[0])
      world.send([0], from: sender, to: receiver)
      world.run(for: .seconds(61))
      for _ in 0..<60 { world.send([1], from: sender, to: receiver) }
      world.run(for: .seconds(20))
      #expect(sender.machine.counters.confirmed == (busy == 1 ? 2 : 1))
      world.run(for: .seconds(60))
      #expect(sender.machine.counters.confirmed == 2)
    }
  }

  @Test("Two halves that chose one prefix part: each takes another")
  func prefixCollision() throws {
    let world = TunnelWorld()
    var nodes: [TunnelWorld.Node] = []
    for number in UInt32(1)...2 {
      let node = try world.start(number)
      node.machine = TunnelMachine(
        id: node.id, identity: node.identity, random: OnePrefix(seed: UInt64(number)), at: world.now)
      nodes.append(node)
    }
    world.send([1], from: nodes[0], to: nodes[1])
    world.run(for: .seconds(2))
    world.send([2], from: nodes[1], to: nodes[0])
    world.run(for: .seconds(2))
    let prefixes = try zip(nodes, nodes.reversed()).map { try #require($0.machine.sealer(for: $1.id)).prefix }
    #expect(Set(prefixes).count == 2)
    #expect(nodes[1].payloads(of: nodes[0].id) == [[1]] && nodes[0].payloads(of: nodes[1].id) == [[2]])
    let nonces = try world.recorded.filter { $0.frame.starts(with: "PILS".utf8) }.map {
      try SealedFrame(parsing: $0.frame.span.raw).nonce
    }
    #expect(nonces.contains { $0.prefix == OnePrefix.prefix })
  }

  private func isPacket(_ reception: Reception) -> Bool {
    if case .packet = reception { return true }
    return false
  }
}

/// Random but for what becomes the first prefix of a key pair.
private struct OnePrefix: RandomNumberGenerator, Sendable {
  static let prefix: UInt32 = 0x1234_5678
  private var state: UInt64
  private var taken = 0

  init(seed: UInt64) {
    state = seed &* 0x9E37_79B9_7F4A_7C15
  }

  mutating func next() -> UInt64 {
    taken += 1
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    // A key pair takes four words, and its prefixes one.
    return taken % 5 == 0 ? state << 32 | UInt64(Self.prefix) : state
  }
}
