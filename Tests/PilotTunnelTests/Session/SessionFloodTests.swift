import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Floods of what nobody has sealed or signed")
struct SessionFloodTests {
  private let world = TunnelWorld()
  private let first: TunnelWorld.Node
  private let second: TunnelWorld.Node

  init() throws {
    first = try world.start(1)
    second = try world.start(2)
    world.send([0], from: first, to: second)
    world.run(for: .seconds(1))
  }

  /// A key exchange that names a node and its key, and wasn't signed by it.
  private func forged(_ node: TunnelWorld.Node, _ random: inout SeededRandom) throws -> [UInt8] {
    let agreement = try KeyAgreementKey(bytes: random.bytes(32).span.raw)
    let signature = try Signature(bytes: random.bytes(64).span.raw)
    return AuthenticatedKeyExchange(
      sender: node.id, agreementKey: agreement, publicKey: node.identity.publicKey, signature: signature
    ).encoded()
  }

  private func address(_ number: UInt32) throws -> Endpoint {
    try Endpoint(parsing: "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255):4000")
  }

  private func wrongSignatures() -> UInt64 { first.machine.counters[.wrongSignature] }

  @Test("Forged exchanges from one address cost five verifications a second, and change no session")
  func oneAddress() throws {
    var random = SeededRandom(seed: 1)
    let sealer = first.machine.sealer(for: second.id)
    let sent = world.recorded.count
    for _ in 0..<200 {
      for _ in 0..<10 {
        world.inject(try forged(second, &random), into: first, by: .direct(try address(7)))
      }
      world.run(for: .milliseconds(10))
    }
    #expect((10...16).contains(wrongSignatures()))
    #expect(first.machine.counters[.tooMany] + wrongSignatures() == 2_000)
    #expect(first.machine.sealer(for: second.id) === sealer)
    #expect(world.recorded.count == sent)
  }

  @Test("From many addresses a thousand a second; who comes by the relay gets in meanwhile", .timeLimit(.minutes(2)))
  func manyAddresses() throws {
    var random = SeededRandom(seed: 2)
    let newcomer = try world.start(3)
    world.send([5], from: newcomer, to: first)
    var source: UInt32 = 0
    for _ in 0..<100 {
      for _ in 0..<40 {
        source += 1
        world.inject(try forged(second, &random), into: first, by: .direct(try address(source)))
      }
      world.run(for: .milliseconds(10))
    }
    #expect(wrongSignatures() <= 1_150)
    #expect(first.payloads(of: newcomer.id) == [[5]])
  }

  @Test("By the relay, each node has its own five a second, so that one can't use up another's")
  func byTheRelay() throws {
    var random = SeededRandom(seed: 3)
    let third = try world.start(3)
    for _ in 0..<100 {
      for _ in 0..<5 {
        world.inject(try forged(second, &random), into: first, by: .relay, relayedFor: second.id)
      }
      world.run(for: .milliseconds(10))
    }
    #expect(wrongSignatures() <= 11)
    world.send([6], from: third, to: first)
    world.run(for: .milliseconds(200))
    #expect(first.payloads(of: third.id) == [[6]])
  }

  @Test("Forged sealed frames change nothing, and are answered once a second at most")
  func sealedFrames() throws {
    var random = SeededRandom(seed: 4)
    let sealer = first.machine.sealer(for: second.id)
    let offers = first.machine.counters.offers
    let genuine = try #require(world.recorded.last { $0.sender == second.id && $0.frame.starts(with: "PILS".utf8) })
    for number in UInt32(0)..<500 {
      var frame = genuine.frame
      let bit = Int.random(in: 64..<frame.count * 8, using: &random)
      frame[bit / 8] ^= 1 << (bit % 8)
      let reception = world.inject(frame, into: first, by: .direct(try address(number)))
      #expect(reception == .dropped(.forged) || reception == .dropped(.replayed))
      world.run(for: .milliseconds(10))
    }
    #expect(first.machine.counters.offers - offers <= 6)
    #expect(first.machine.sealer(for: second.id) === sealer)
    // The window is where it was.
    world.send([1], from: second, to: first)
    world.run(for: .milliseconds(100))
    #expect(first.payloads(of: second.id) == [[1]])
  }

  @Test("Strangers without number have a bounded number of keys looked up, and leave a newcomer room")
  func strangers() throws {
    var random = SeededRandom(seed: 5)
    for number in UInt32(0)..<2_000 {
      let node = try #require(NodeID(1_000_000 + number))
      var frame = try forged(second, &random)
      for (offset, shift) in [(4, 24), (5, 16), (6, 8), (7, 0)] as [(Int, UInt32)] {
        frame[offset] = UInt8(truncatingIfNeeded: node.rawValue >> shift)
      }
      var memory = [UInt8](repeating: 0, count: 256)
      let route = TunnelRoute.direct(try address(number))
      _ = memory.lending {
        first.machine.receive(frame.span.raw, by: route, relayedFor: nil, at: world.now, into: &$0)
      }
      // A directory that is slow: nothing is answered.
      while first.machine.nextOutput() != nil {}
      if number % 10 == 0 { world.now = world.now.advanced(by: .milliseconds(10)) }
    }
    #expect(first.machine.lookups.count <= world.configuration.lookUpLimit)
    let newcomer = try world.start(4)
    world.send([8], from: newcomer, to: first)
    world.run(for: .seconds(1))
    #expect(first.payloads(of: newcomer.id) == [[8]])
  }

  @Test("Frames of any bytes are dropped and counted")
  func anything() throws {
    var random = SeededRandom(seed: 6)
    let starts = ["PILS", "PILA", "PILK", "PILT", "PILX", "P", ""].map { Array($0.utf8) }
    let before = first.machine.counters.dropped
    var dropped: UInt64 = 0
    for number in 0..<2_000 {
      let length = [0, 3, 16, 32, 40, 136, 200].randomElement(using: &random) ?? 0
      let frame = starts[number % starts.count] + random.bytes(length)
      let reception = world.inject(frame, into: first, by: .direct(try address(UInt32(number))))
      if case .dropped = reception { dropped += 1 }
    }
    #expect(first.machine.counters.dropped - before >= dropped)
    #expect(first.machine.connectedPeers == [second.id])
  }
}
