import PilotWire
import Testing

@testable import PilotIdentity

@Suite("Changes of keys", .timeLimit(.minutes(1)))
struct KeyChangeTests {
  private func nodes(_ numbers: UInt32...) throws -> Set<NodeID> {
    Set(try numbers.map { try #require(NodeID($0)) })
  }

  @Test("what a reader has not asked for yet is told together, and nothing twice")
  func merged() async throws {
    let source = KeyChangeSource()
    var changes = source.changes.makeAsyncIterator()
    source.announce(try nodes(1))
    source.announce(try nodes(2, 3))
    #expect(await changes.next() == .nodes(try nodes(1, 2, 3)))
    source.announce(try nodes(4))
    #expect(await changes.next() == .nodes(try nodes(4)))
  }

  @Test("more changes than can be named become a change of anything, which no later one narrows")
  func bounded() async throws {
    let source = KeyChangeSource(limit: 2)
    var changes = source.changes.makeAsyncIterator()
    for number in 1...3 as ClosedRange<UInt32> { source.announce(try nodes(number)) }
    source.announce(try nodes(4))
    #expect(await changes.next() == .anything)
    source.announce(try nodes(5))
    #expect(await changes.next() == .nodes(try nodes(5)))
    source.announce(try nodes(6, 7, 8))
    #expect(await changes.next() == .anything)
  }

  @Test("each reader hears of all changes since it began to listen, also those from before its first question")
  func readers() async throws {
    let source = KeyChangeSource()
    let early = source.changes
    source.announce(try nodes(1))
    let late = source.changes
    source.announce(try nodes(2))
    var (first, second) = (early.makeAsyncIterator(), late.makeAsyncIterator())
    #expect(await first.next() == .nodes(try nodes(1, 2)))
    #expect(await second.next() == .nodes(try nodes(2)))
  }

  @Test("a reader that waits is woken, by a change and by the end of the source")
  func waiting() async throws {
    var source: KeyChangeSource? = KeyChangeSource()
    let changes = try #require(source?.changes)
    async let heard = changes.reduce(into: []) { $0.append($1) }
    source?.announce(try nodes(1))
    source = nil
    #expect(await heard == [.nodes(try nodes(1))])
  }

  @Test("a reader that is cancelled ends, and whoever stops listening is forgotten")
  func cancelled() async throws {
    let source = KeyChangeSource()
    let reader = Task { [changes = source.changes] in await changes.reduce(0) { count, _ in count + 1 } }
    reader.cancel()
    #expect(await reader.value == 0)
    for _ in 0..<100 { _ = source.changes }
    #expect(source.readers == 0)
  }

  @Test("a directory that can't change has no changes, and is certain of what it knows")
  func unchanging() async throws {
    let (known, unknown) = (try Vectors.first.nodeID(), try Vectors.second.nodeID())
    let directory = StaticKeyDirectory([known: try Vectors.first.key()])
    var changes = directory.changes.makeAsyncIterator()
    #expect(await changes.next() == nil)
    #expect(directory.answerAtHand(for: known) == .key(try Vectors.first.key()))
    #expect(directory.answerAtHand(for: unknown) == .unknown)
    #expect(!directory.hasRevoked(try Vectors.first.key(), of: known))
    #expect(directory.hasRevoked(try Vectors.second.key(), of: known))
    #expect(directory.hasRevoked(try Vectors.second.key(), of: unknown))
  }
}
