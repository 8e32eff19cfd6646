import Foundation
import PilotTesting
import PilotTransport
import Testing

@testable import PilotTunnel

/// The tables of the article, each cell measured.
@Suite("Direct paths through NATs", .timeLimit(.minutes(5)))
struct NATTests {
  static let kinds: [(name: String, place: DirectWorld.Place)] = [
    ("none", .open), ("full cone", .behind(.fullCone)), ("restricted", .behind(.addressRestricted)),
    ("port-restricted", .behind(.portRestricted)), ("symmetric", .behind(.symmetric)),
  ]

  /// The cells below a heading of the article: what is on the left, and the cells beside it.
  private static func table(_ heading: String) throws -> [(name: String, cells: [String])] {
    let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
    let article = try String(
      contentsOf: package.appending(path: "Sources/PilotTunnel/PilotTunnel.docc/DirectPaths.md"), encoding: .utf8)
    let section = article.components(separatedBy: "\n## " + heading + "\n").last ?? ""
    let lines = section.components(separatedBy: "\n## ")[0].split(separator: "\n").filter { $0.hasPrefix("| ") }
    return lines.dropFirst(2).map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      return (cells[0], Array(cells.dropFirst()))
    }
  }

  /// What comes of it when a user of the first node begins to send.
  private static func outcome(
    _ places: [DirectWorld.Place], naming: Bool = true, isDeployed: Bool = false, seed: UInt64 = 1
  ) throws -> String {
    var world = DirectWorld(places, seed: seed, naming: naming)
    world.sides[1].isDeployed = isDeployed
    try world.run(for: .seconds(1))
    world.talk(0, 20)
    let time = try world.runUntilDirect(isDeployed ? [0] : [0, 1])
    #expect(world.faults == [])
    guard let time else { return "relay" }
    // It holds.
    try world.run(for: .seconds(10))
    for side in world.sides where !side.isDeployed {
      let switches = side.switches.filter { $0.change.reason != .nearer }
      #expect(switches.count == 1)
    }
    return "\(time.milliseconds) ms"
  }

  @Test("each pair of kinds")
  func pairs() throws {
    let rows = try Self.table("Two NATs")
    var measured: [[String]] = []
    for left in Self.kinds {
      measured.append([left.name] + (try Self.kinds.map { try Self.outcome([left.place, $0.place]) }))
    }
    #expect(rows.map { [$0.name] + $0.cells } == measured)
  }

  @Test("each pair of kinds, whatever the ports", arguments: 2...4 as ClosedRange<UInt64>)
  func seeds(seed: UInt64) throws {
    for (row, left) in zip(try Self.table("Two NATs"), Self.kinds) {
      for (cell, right) in zip(row.cells, Self.kinds) {
        let outcome = try Self.outcome([left.place, right.place], seed: seed)
        #expect((outcome == "relay") == (cell == "relay"), "\(left.name), \(right.name): \(outcome)")
      }
    }
  }

  @Test("each pair of kinds, with a deployed peer")
  func deployed() throws {
    let rows = try Self.table("A deployed peer")
    var measured: [[String]] = []
    for left in Self.kinds {
      measured.append(
        [left.name] + (try Self.kinds.map { try Self.outcome([left.place, $0.place], isDeployed: true) }))
    }
    #expect(rows.map { [$0.name] + $0.cells } == measured)
  }

  @Test("the same NAT in front of both")
  func same() throws {
    let rows = try Self.table("One NAT")
    var measured: [[String]] = []
    for kind in Self.kinds.dropFirst() {
      guard case .behind(var behavior) = kind.place else { continue }
      var cells = [kind.name]
      for (naming, hairpins) in [(true, true), (true, false), (false, true), (false, false)] {
        behavior.hairpins = hairpins
        cells.append(try Self.outcome([.behind(behavior)], naming: naming))
      }
      measured.append(cells)
    }
    #expect(rows.map { [$0.name] + $0.cells } == measured)
  }
}
