import PilotTesting
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("A table of peers")
struct PeerTableTests {
  @Test("does what a dictionary does", arguments: 0..<8 as Range<UInt64>)
  func agreesWithADictionary(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var (table, model) = (PeerTable<Int>(), [NodeID: Int]())
    let nodes = try (1...40).map { try #require(NodeID($0)) }
    for step in 0..<2_000 {
      let node = try #require(nodes.randomElement(using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        table[node] = step
        model[node] = step
      case 1: #expect(table.remove(node) == model.removeValue(forKey: node))
      case 2:
        table[node] = nil
        model[node] = nil
      default:
        if let index = table.index(of: node) {
          table[index] += 1
          model[node]? += 1
        }
      }
      #expect(table[node] == model[node])
      #expect(table.count == model.count)
      #expect(table.isEmpty == model.isEmpty)
    }
    #expect(Set(table.nodes) == Set(model.keys))
    #expect(table.values.sorted() == model.values.sorted())
    for node in nodes { #expect(table.index(of: node).map { table[$0] } == model[node]) }
  }
}
