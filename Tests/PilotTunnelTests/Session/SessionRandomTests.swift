import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

/// Two nodes on a link that loses, duplicates and reorders, which start again at any time, and somebody who sends them what was
/// recorded, whole or changed.
///
/// The model: what was sent to a node that still runs is handed on to it at most once, as the peer's; what nobody has sealed
/// changes no session; and once the link carries again, packets go both ways within two seconds.
@Suite("Two nodes on a bad link, against a model")
struct SessionRandomTests {
  enum Event: Sendable {
    case send(from: Int)
    case wait(milliseconds: Int)
    case restart(Int)
    case block(from: Int)
    case unblock
    /// One of those that were recorded, counted from the newest; to its receiver or to its sender.
    case replay(Int, back: Bool)
    case forge(Int, bit: Int)
    case bytes(to: Int, seed: UInt64)
  }

  private static func draw(_ random: inout SeededRandom) -> Event {
    let end = Int.random(in: 0...1, using: &random)
    return switch Int.random(in: 0..<100, using: &random) {
    case ..<40: .send(from: end)
    case ..<65: .wait(milliseconds: [1, 20, 300, 2_000, 15_000].randomElement(using: &random) ?? 1)
    case ..<69: .restart(end)
    case ..<72: .block(from: end)
    case ..<76: .unblock
    case ..<88: .replay(Int.random(in: 0..<300, using: &random), back: Int.random(in: 0..<5, using: &random) == 0)
    case ..<97: .forge(Int.random(in: 0..<30, using: &random), bit: Int.random(in: 0..<2_000, using: &random))
    default: .bytes(to: end, seed: random.next())
    }
  }

  @Test("hold to it", .timeLimit(.minutes(3)), arguments: 1...12 as ClosedRange<UInt64>)
  func search(_ seed: UInt64) async throws {
    let found = try await Counterexample.search(seed: seed, events: 250, draw: Self.draw) { events in
      try Play(seed: seed).through(events)
    }
    #expect(found == nil, "\(found.map { "\($0)" } ?? "")")
  }

  /// One play of a sequence.
  private final class Play {
    private let world: TunnelWorld
    private var nodes: [TunnelWorld.Node]
    /// What has been sent to each, by number; and how far it has been checked.
    private var sent: [Set<[UInt8]>] = [[], []]
    private var checked = [0, 0]
    private var seen: [Set<[UInt8]>] = [[], []]
    private var number: UInt32 = 0
    private var attackers: UInt32 = 0

    init(seed: UInt64) throws {
      var configuration = TunnelConfiguration()
      configuration.keyLife = .seconds(120)
      world = TunnelWorld(seed: seed, configuration)
      world.loss = 0.1
      world.duplicates = 0.1
      world.jitter = .milliseconds(60)
      nodes = [try world.start(1), try world.start(2)]
    }

    func through(_ events: [Event]) throws -> Counterexample<Event>.Difference? {
      for (step, event) in events.enumerated() {
        if let message = try perform(event) ?? check() { return .init(after: step, message) }
      }
      return try heal().map { .init(after: events.count - 1, $0) }
    }

    private func perform(_ event: Event) throws -> String? {
      switch event {
      case .send(let end): send(from: end)
      case .wait(let milliseconds): world.run(for: .milliseconds(milliseconds))
      case .restart(let end): try restart(end)
      case .block(let end): world.blocked.insert([nodes[end].id, nodes[1 - end].id])
      case .unblock: world.blocked = []
      case .replay(let place, let isBack):
        guard let flight = recorded(place) else { return nil }
        return inject(flight.frame, into: end(isBack ? flight.sender : flight.receiver), isForged: isBack)
      case .forge(let place, let bit):
        guard let flight = recorded(place) else { return nil }
        var frame = flight.frame
        // Any bit but those of the magic.
        let place = 32 + bit % ((frame.count - 4) * 8)
        frame[place / 8] ^= 1 << (place % 8)
        return inject(frame, into: end(flight.receiver), isForged: true)
      case .bytes(let end, let seed):
        var random = SeededRandom(seed: seed)
        let start = ["PILS", "PILA", "PILK", "PILT"].randomElement(using: &random) ?? ""
        return inject(Array(start.utf8) + random.bytes(Int(seed % 200)), into: end, isForged: true)
      }
      return nil
    }

    private func end(_ node: NodeID) -> Int { node == nodes[0].id ? 0 : 1 }

    private func recorded(_ place: Int) -> TunnelWorld.Flight? {
      let count = world.recorded.count
      return place < count ? world.recorded[count - 1 - place] : nil
    }

    private func send(from end: Int) {
      number += 1
      let payload = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
      sent[1 - end].insert(payload)
      world.send(payload, from: nodes[end], to: nodes[1 - end])
    }

    private func restart(_ end: Int) throws {
      nodes[end] = try world.start(UInt32(end + 1))
      // The peer may send it once more what the one before has had without confirming it.
      (checked[end], seen[end]) = (0, [])
    }

    /// Hands a frame to a node, as anybody could, from an address of its own.
    private func inject(_ frame: [UInt8], into end: Int, isForged: Bool) -> String? {
      attackers += 1
      let node = nodes[end]
      let peer = nodes[1 - end].id
      let (sealer, readies, delivered) = (node.machine.sealer(for: peer), node.readies, node.delivered.count)
      let source = Endpoint.any(port: UInt16(truncatingIfNeeded: attackers))
      let reception = world.inject(frame, into: node, by: .direct(source))
      guard isForged else { return nil }
      guard node.machine.sealer(for: peer) === sealer, node.readies == readies, node.delivered.count == delivered,
        node.ended.isEmpty
      else { return "a forged frame has changed a session: \(reception)" }
      return nil
    }

    private func check() -> String? {
      if let leak = world.leaks.first { return "leaves in the clear: \(leak)" }
      for end in 0...1 {
        let node = nodes[end]
        for delivered in node.delivered[checked[end]...] {
          guard delivered.sender == nodes[1 - end].id else { return "delivered as \(delivered.sender)'s" }
          guard sent[end].contains(delivered.payload) else { return "delivered what nobody has sent" }
          guard seen[end].insert(delivered.payload).inserted else { return "\(delivered.payload) is delivered twice" }
        }
        checked[end] = node.delivered.count
      }
      return nil
    }

    /// The link carries again, and one of them starts again.
    private func heal() throws -> String? {
      world.blocked = []
      (world.loss, world.duplicates) = (0, 0.1)
      world.run(for: .seconds(1))
      try restart(Int(number % 2))
      for _ in 0..<20 {
        send(from: 0)
        send(from: 1)
        world.run(for: .milliseconds(100))
      }
      if let message = check() { return message }
      for end in 0...1 {
        let since = world.now.advanced(by: .milliseconds(-500))
        guard nodes[end].delivered.contains(where: { $0.at > since }) else {
          return "node \(end + 1) gets nothing 2 s after the link has healed"
        }
      }
      return nil
    }
  }
}
