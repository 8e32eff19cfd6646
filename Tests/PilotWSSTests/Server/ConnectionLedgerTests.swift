import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

struct ConnectionLedgerTests {
  private typealias Ledger = ConnectionLedger<Int>

  private func source(_ number: Int) -> SourceKey {
    SourceKey(ofConnectionsFrom: Endpoint(ipv4Address: UInt32(number), port: 0))
  }

  @Test func `beyond its share a source's oldest goes, and nobody else's`() {
    var ledger = Ledger(.init(authenticated: 10, waiting: 100, waitingPerSource: 3))
    #expect(ledger.arrive(0, from: source(2)) == .admitted)
    for id in 1...3 { #expect(ledger.arrive(id, from: source(1)) == .admitted) }
    #expect(ledger.arrive(4, from: source(1)) == .instead(of: 1))
    #expect(ledger.arrive(5, from: source(1)) == .instead(of: 2))
    #expect(ledger.waitingCount == 4 && ledger.waitingCount(of: source(1)) == 3)
  }

  @Test func `in a full ledger the oldest of whoever holds most goes, never the newcomer`() {
    var ledger = Ledger(.init(authenticated: 10, waiting: 6, waitingPerSource: 4))
    for (id, number) in [1, 2, 2, 2, 3, 3].enumerated() {
      #expect(ledger.arrive(id, from: source(number)) == .admitted)
    }
    #expect(ledger.arrive(6, from: source(9)) == .displacing(1))
    // Two have two now: 3 has had them for longer.
    #expect(ledger.arrive(7, from: source(9)) == .displacing(4))
  }

  @Test func `as many sources as places displace each other in the order in which they came`() {
    var ledger = Ledger(.init(authenticated: 10, waiting: 4, waitingPerSource: 4))
    for id in 0..<4 { #expect(ledger.arrive(id, from: source(id)) == .admitted) }
    for id in 4..<40 { #expect(ledger.arrive(id, from: source(id)) == .displacing(id - 4)) }
  }

  @Test func `who is exempt has no share, but makes room`() {
    var ledger = Ledger(.init(authenticated: 10, waiting: 5, waitingPerSource: 2))
    for id in 0..<5 { #expect(ledger.arrive(id, from: source(1), isExempt: true) == .admitted) }
    #expect(ledger.arrive(5, from: source(2)) == .displacing(0))
  }

  @Test func `authenticated ones have places of their own, and are displaced by nobody`() {
    var ledger = Ledger(.init(authenticated: 2, waiting: 2, waitingPerSource: 2, open: 3))
    for id in 0..<2 {
      #expect(ledger.arrive(id, from: source(1)) == .admitted)
      #expect(ledger.authenticate(id) == true)
    }
    #expect(ledger.authenticatedCount == 2 && !ledger.hasRoom)
    #expect(ledger.arrive(2, from: source(1)) == .admitted)
    #expect(ledger.authenticate(2) == false)
    // All that may be open are.
    #expect(ledger.arrive(3, from: source(2)) == .displacing(2))
    ledger.end(0)
    #expect(ledger.authenticate(3) == true)
    ledger.end(1)
    ledger.end(3)
    #expect(ledger.waitingCount == 0 && ledger.authenticatedCount == 0)
  }

  @Test func `when all places are authenticated ones a newcomer is refused`() {
    var ledger = Ledger(.init(authenticated: 1, waiting: 1, waitingPerSource: 1, open: 1))
    #expect(ledger.arrive(0, from: source(1)) == .admitted)
    #expect(ledger.authenticate(0) == true)
    #expect(ledger.arrive(1, from: source(2)) == .refused)
    ledger.end(0)
    #expect(ledger.arrive(1, from: source(2)) == .admitted)
  }

  @Test func `whom a proxy names has a share of their own`() {
    var ledger = Ledger(.init(authenticated: 10, waiting: 10, waitingPerSource: 2))
    for id in 0..<4 { #expect(ledger.arrive(id, from: source(100), isExempt: true) == .admitted) }
    #expect(ledger.move(0, to: source(1)) == .admitted)
    #expect(ledger.move(1, to: source(1)) == .admitted)
    #expect(ledger.move(2, to: source(1)) == .instead(of: 0))
    #expect(ledger.move(3, to: source(100)) == .admitted)
    #expect(ledger.move(0, to: source(5)) == .refused)
    #expect(ledger.waitingCount == 3 && ledger.waitingCount(of: source(100)) == 1)
  }

  /// A list, searched from its beginning each time.
  private struct Naive {
    struct Waiting { let id: Int, source: Int }

    let bounds: Ledger.Bounds
    var waiting: [Waiting] = []
    var authenticated: Set<Int> = []

    func oldest(of source: Int) -> Int? { waiting.first { $0.source == source }?.id }
    func count(of source: Int) -> Int { waiting.count { $0.source == source } }

    /// Who may go for one more, or nobody.
    func candidates(for source: Int) -> [Int]? {
      if count(of: source) >= bounds.waitingPerSource { return [oldest(of: source)].compactMap(\.self) }
      if waiting.count < bounds.waiting, waiting.count + authenticated.count < bounds.open { return nil }
      let most = Set(waiting.map(\.source)).map(count(of:)).max()
      return Set(waiting.map(\.source)).filter { count(of: $0) == most }.compactMap(oldest(of:))
    }
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `random arrivals, moves and ends are what a list would make of them`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bounds = Ledger.Bounds(authenticated: 5, waiting: 12, waitingPerSource: 4, open: 15)
    var (ledger, naive) = (Ledger(bounds), Naive(bounds: bounds))
    func settle(_ arrival: Ledger.Arrival, _ id: Int, _ number: Int, _ candidates: [Int]?) {
      switch arrival {
      case .admitted: #expect(candidates == nil)
      case .instead(let other), .displacing(let other):
        #expect(candidates?.contains(other) == true, "\(other) of \(String(describing: candidates))")
        naive.waiting.removeAll { $0.id == other }
      case .refused:
        #expect(candidates?.isEmpty == true)
        return
      }
      naive.waiting.append(Naive.Waiting(id: id, source: number))
    }
    for id in 0..<3_000 {
      let number = Int.random(in: 0..<6, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0...2:
        settle(ledger.arrive(id, from: source(number)), id, number, naive.candidates(for: number))
      case 3:
        guard let one = naive.waiting.randomElement(using: &random) else { continue }
        let arrival = ledger.move(one.id, to: source(number))
        if one.source == number {
          #expect(arrival == .admitted)
        } else {
          naive.waiting.removeAll { $0.id == one.id }
          settle(arrival, one.id, number, naive.candidates(for: number))
        }
      case 4:
        guard let one = naive.waiting.randomElement(using: &random) else { continue }
        let fits = naive.authenticated.count < bounds.authenticated
        #expect(ledger.authenticate(one.id) == fits)
        if fits {
          naive.waiting.removeAll { $0.id == one.id }
          naive.authenticated.insert(one.id)
        }
      default:
        guard let one = (naive.waiting.map(\.id) + naive.authenticated.sorted()).randomElement(using: &random) else {
          continue
        }
        ledger.end(one)
        naive.waiting.removeAll { $0.id == one }
        naive.authenticated.remove(one)
      }
      #expect(ledger.waitingCount == naive.waiting.count && ledger.authenticatedCount == naive.authenticated.count)
      for number in 0..<6 { #expect(ledger.waitingCount(of: source(number)) == naive.count(of: number)) }
    }
  }
}
