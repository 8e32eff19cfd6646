import PilotTesting
import Testing

@testable import PilotTransport

/// Owners and slots as anyone would write them who looks at all of them each time.
private struct NaiveShares {
  struct Holding {
    let owner: Int
    /// The oldest first.
    var slots: [Int32]
    /// When it has come to hold so many.
    var since: Int
  }

  var holdings: [Holding] = []
  var steps = 0

  func index(of slot: Int32) -> Int? { holdings.firstIndex { $0.slots.contains(slot) } }

  mutating func take(_ slot: Int32, for owner: Int) {
    steps += 1
    let index = holdings.firstIndex { $0.owner == owner } ?? holdings.count
    if index == holdings.count { holdings.append(Holding(owner: owner, slots: [], since: steps)) }
    holdings[index].slots.append(slot)
    holdings[index].since = steps
  }

  mutating func use(_ slot: Int32) {
    guard let index = index(of: slot) else { return }
    holdings[index].slots.removeAll { $0 == slot }
    holdings[index].slots.append(slot)
  }

  mutating func giveUp(_ slot: Int32) {
    guard let index = index(of: slot) else { return }
    steps += 1
    holdings[index].slots.removeAll { $0 == slot }
    holdings[index].since = steps
    if holdings[index].slots.isEmpty { holdings.remove(at: index) }
  }

  var largestCount: Int { holdings.map(\.slots.count).max() ?? 0 }

  var oldestOfLargest: Int32? {
    holdings.filter { $0.slots.count == largestCount }.min { $0.since < $1.since }?.slots.first
  }
}

@Suite("Who holds slots, and who gives one up")
struct FairSharesTests {
  @Test("says at each step what a count of everything says", arguments: 1...40 as ClosedRange<UInt64>)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var shares = FairShares<Int>()
    var model = NaiveShares()
    let owners = Int.random(in: 1...6, using: &random)
    for step in 0..<400 {
      let slot = Int32.random(in: 0..<20, using: &random)
      // Phases in which more is taken than given up, and the other way round.
      let takes = step / 50 % 2 == 0 ? 7 : 3
      switch (Int.random(in: 0..<12, using: &random), model.index(of: slot)) {
      case (0..<takes, nil):
        let owner = Int.random(in: 0..<owners, using: &random)
        shares.take(slot, for: owner)
        model.take(slot, for: owner)
      case (0..<10, _?) where Int.random(in: 0..<10, using: &random) >= takes:
        shares.giveUp(slot)
        model.giveUp(slot)
      case (10, _):
        // Nobody's, too: that is nothing.
        shares.giveUp(slot)
        model.giveUp(slot)
      default:
        shares.use(slot)
        model.use(slot)
      }
      for owner in 0..<owners {
        let holding = model.holdings.first { $0.owner == owner }
        #expect(shares.count(of: owner) == holding?.slots.count ?? 0)
        #expect(shares.oldest(of: owner) == holding?.slots.first)
      }
      #expect(shares.owner(of: slot) == model.index(of: slot).map { model.holdings[$0].owner })
      #expect(shares.largestCount == model.largestCount)
      #expect(shares.oldestOfLargest == model.oldestOfLargest, "seed \(seed), step \(step)")
    }
  }

  @Test("nobody holds what was never taken")
  func nobody() {
    var shares = FairShares<String>()
    #expect(shares.owner(of: 0) == nil && shares.owner(of: 9) == nil)
    #expect(shares.oldestOfLargest == nil && shares.oldest(of: "a") == nil && shares.largestCount == 0)
    shares.giveUp(3)
    shares.use(3)
    shares.take(3, for: "a")
    #expect(shares.owner(of: 3) == "a" && shares.owner(of: 2) == nil && shares.oldestOfLargest == 3)
  }
}

@Suite("Lists over slots")
struct SlotLinksTests {
  /// The lists as arrays.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `each list has its slots in the order in which they came`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var links = SlotLinks()
    var lists = [SlotLinks.List](repeating: SlotLinks.List(), count: 3)
    var model = [[Int32]](repeating: [], count: 3)
    for _ in 0..<300 {
      let slot = Int32.random(in: 0..<12, using: &random)
      if let index = model.firstIndex(where: { $0.contains(slot) }) {
        links.remove(slot, from: &lists[index])
        model[index].removeAll { $0 == slot }
      } else {
        let index = Int.random(in: 0..<3, using: &random)
        links.append(slot, to: &lists[index])
        model[index].append(slot)
      }
      for (list, expected) in zip(lists, model) {
        #expect(list.isEmpty == expected.isEmpty)
        #expect(list.first == expected.first ?? SlotLinks.none)
        #expect(list.last == expected.last ?? SlotLinks.none)
        // Taken from the front, one after the other, out of a copy.
        var (links, list, order) = (links, list, [Int32]())
        while !list.isEmpty {
          order.append(list.first)
          links.remove(list.first, from: &list)
        }
        #expect(order == expected)
      }
    }
  }
}
