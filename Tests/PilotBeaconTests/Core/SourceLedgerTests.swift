import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// The ledger of sources against dictionaries.
struct SourceLedgerTests {
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func neverTooFewAndBackToNothing(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var ledger = SourceLedger(seed: seed)
    var model: [SourceKey: Int] = [:]
    for _ in 0..<20_000 {
      let source = SourceKey(Endpoint.test(UInt32.random(in: 1...3_000, using: &random)))
      if let held = model[source], Bool.random(using: &random) {
        ledger.remove(source)
        model[source] = held > 1 ? held - 1 : nil
      } else {
        ledger.add(source)
        model[source, default: 0] += 1
      }
    }
    for (source, held) in model { #expect(ledger.count(source) >= held, "seed \(seed)") }
    // 3,000 sources in two rows of 65,536: one in 500 shares both of its counters.
    let exact = model.count { ledger.count($0.key) == $0.value }
    #expect(exact * 100 > model.count * 98, "seed \(seed)")
    for (source, held) in model {
      for _ in 0..<held { ledger.remove(source) }
    }
    #expect(ledger == SourceLedger(seed: seed))
  }

  @Test func fullSourcesFillNobodyElse() {
    var ledger = SourceLedger(seed: 3)
    // As many as a full table can hold.
    for source in 0..<488 as Range<UInt32> {
      for _ in 0..<1_024 { ledger.add(SourceKey(Endpoint.test(source))) }
    }
    let refused = (0..<20_000 as Range<UInt32>).count {
      ledger.count(SourceKey(Endpoint.test(1_000_000 + $0))) >= 1_024
    }
    #expect(refused <= 5)
  }

  /// Whatever happens to the nodes of a table, its ledger is what a walk over them gives: of their sources after each step, and in all
  /// its 131,072 counters after some. What is wrong there stays wrong.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func aTableKeepsItExact(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var configuration = RouterConfiguration()
    (configuration.nodeCapacity, configuration.nodesPerSource) = (60, 12)
    var table = NodeTable(RouterBounds(configuration), seed: seed)
    var (now, evictions, refusals) = (1 as UInt64, 0, 0)
    for step in 0..<4_000 {
      now += UInt64.random(in: 0...2_000_000_000, using: &random)
      let node = NodeID.test(UInt32.random(in: 1...120, using: &random))
      switch Int.random(in: 0..<10, using: &random) {
      case 0: table.removeUnproven(node)
      case 1: _ = table.removeProven(node)
      case 2: _ = table.expire(at: now, limit: 40)
      case 3 where step % 50 == 0: _ = table.distrustAll()
      default:
        let number = UInt32.random(in: 1...12, using: &random)
        let isLarge = Int.random(in: 0..<3, using: &random) == 0
        var flags: Registration.Flags = Int.random(in: 0..<6, using: &random) == 0 ? [.proven, .listed] : []
        if Int.random(in: 0..<6, using: &random) == 0 { flags.insert(.listed) }
        let registration = Registration(
          at: .test(isLarge ? 1 : number, port: UInt16(step % 3 + 1)), local: .any, flags: flags, now: now,
          lifetime: 200_000_000_000)
        switch table.set(node, registration, at: now) {
        case .added, .refused: break
        case .addedByEviction: evictions += 1
        case .sourceFull: refusals += 1
        }
      }
      if table.isLedgerExactForItsSources, step % 40 != 39 || table.isLedgerExact(seed: seed) { continue }
      Issue.record("seed \(seed): wrong after step \(step)")
      return
    }
    #expect(evictions > 0 && refusals > 0, "seed \(seed)")
  }
}

extension NodeTable {
  /// Whether the ledger is what a walk over all nodes gives.
  func isLedgerExact(seed: UInt64) -> Bool {
    var counted = SourceLedger(seed: seed ^ 0x5D)
    forEachUnproven { counted.add($0) }
    return counted == ledger
  }

  /// Whether it has just as many for each source of a node.
  var isLedgerExactForItsSources: Bool {
    var counted: [SourceKey: Int] = [:]
    forEachUnproven { counted[$0, default: 0] += 1 }
    return counted.allSatisfy { ledger.count($0.key) == $0.value }
  }

  private func forEachUnproven(_ body: (SourceKey) -> Void) {
    for shard in 0..<map.shardCount {
      map.forEach(inShard: shard) { _, registration in
        if !registration.flags.contains(.proven) { body(SourceKey(registration.endpoint)) }
      }
    }
  }
}
