import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("What a registry has said")
struct KeyCacheTests {
  private let first = Identity().publicKey
  private let second = Identity().publicKey
  private let end = MonotonicInstant(nanoseconds: 10)

  private func node(_ number: UInt32) throws -> NodeID { try #require(NodeID(number)) }

  @Test("What is remembered is bounded, and the oldest answer goes")
  func bounded() throws {
    var cache = KeyCache(capacity: 2, unknownCapacity: 3)
    for number in 1...3 as ClosedRange<UInt32> { _ = cache.remember(first, of: try node(number), until: end) }
    for number in 11...15 as ClosedRange<UInt32> { _ = cache.remember(nil, of: try node(number), until: end) }
    #expect(cache.count == 2)
    #expect(cache.unknownCount == 3)
    #expect(cache.answer(for: try node(1), at: .start) == nil)
    #expect(cache.answer(for: try node(3), at: .start) == .key(first))
    #expect(cache.answer(for: try node(12), at: .start) == nil)
    #expect(cache.answer(for: try node(13), at: .start) == .unknown)
  }

  @Test("Unknown nodes push no key out, however many are asked for")
  func separate() throws {
    var cache = KeyCache(capacity: 2, unknownCapacity: 2)
    for number in 1...2 as ClosedRange<UInt32> { _ = cache.remember(first, of: try node(number), until: end) }
    for number in 100..<1_100 as Range<UInt32> { _ = cache.remember(nil, of: try node(number), until: end) }
    #expect(cache.answer(for: try node(1), at: .start) == .key(first))
    #expect(cache.answer(for: try node(2), at: .start) == .key(first))
  }

  @Test("A key goes on serving when its time is over; that a node is unknown does not")
  func outdated() throws {
    var cache = KeyCache(capacity: 2, unknownCapacity: 2)
    _ = cache.remember(first, of: try node(1), until: end)
    _ = cache.remember(nil, of: try node(2), until: end)
    #expect(cache.answer(for: try node(1), at: end) == .outdated(first, isDue: true))
    #expect(cache.answer(for: try node(2), at: end) == nil)
    let later = end.advanced(by: .seconds(5))
    cache.postpone(try node(1), until: later)
    #expect(cache.answer(for: try node(1), at: end) == .outdated(first, isDue: false))
    #expect(cache.answer(for: try node(1), at: later) == .outdated(first, isDue: true))
  }

  @Test("Another key, and none, take a key out of force; the same one and a first one don't")
  func changes() throws {
    var cache = KeyCache(capacity: 2, unknownCapacity: 2)
    let node = try node(1)
    let answers = [nil, first, first, second, nil, nil].map { cache.remember($0, of: node, until: end) }
    #expect(answers == [false, false, false, true, true, false])
    #expect(cache.answer(for: node, at: .start) == .unknown)
    #expect(cache.count == 0 && cache.unknownCount == 1)
  }

  @Test("Nodes that leave and come back take one place at a time, and the bound holds")
  func places() throws {
    var nodes = BoundedNodes<Int>(capacity: 4)
    for round in 0..<100 {
      let node = try node(UInt32(1 + round % 7))
      if round % 3 == 0 { nodes.remove(node) }
      nodes.set(round, for: node)
      #expect(nodes[node] == round)
      #expect(nodes.count <= 4)
    }
  }
}
