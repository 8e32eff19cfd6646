import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Whom the most is relayed for.
struct TalkersTests {
  @Test func `the greatest are found among many, within a fifth`() throws {
    var random = SeededRandom(seed: 3)
    var talkers = Talkers(hash: KeyedHash(seed: 1))
    var model: [UInt32: UInt64] = [:]
    for _ in 0..<400_000 {
      let node: UInt32 =
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: 1
        case 4..<7: 2
        default: .random(in: 100..<100_000, using: &random)
        }
      model[node, default: 0] += 1
      talkers.relayed(100, for: try #require(NodeID(node)))
    }
    let found = talkers.take()
    #expect(found.prefix(2).map(\.node.rawValue) == [1, 2])
    for talker in found.prefix(2) {
      let exact = Double(try #require(model[talker.node.rawValue]))
      #expect(abs(Double(talker.frames) - exact) < exact / 5)
      #expect(talker.bytes == talker.frames * 100)
    }
    #expect(found.count <= 32)
    #expect(talkers.take().isEmpty, "it starts anew")
  }

  @Test func `rates fade, and stay bounded`() throws {
    var rates = TalkerRates()
    for number in 1...1_000 as ClosedRange<UInt32> {
      rates.add([Talker(node: try #require(NodeID(number)), frames: 6_400, bytes: 640_000)], over: 1)
    }
    #expect(rates.highest(1_000).count <= 64)
    let node = try #require(NodeID(5_000))
    var steady = TalkerRates()
    for _ in 0..<100 { steady.add([Talker(node: node, frames: 1_000, bytes: 100_000)], over: 1) }
    let rate = try #require(steady.highest(1).first)
    #expect(rate.node == 5_000 && abs(rate.framesPerSecond - 1_000) < 2)
    for _ in 0..<100 { steady.add([], over: 1) }
    #expect(steady.highest(1).isEmpty)
  }
}
