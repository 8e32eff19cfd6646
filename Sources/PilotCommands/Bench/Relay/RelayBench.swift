/// Measures a beacon, one case after the other.
struct RelayBench: Sendable {
  let plan: RelayBenchPlan
  let beacons: BeaconSupply
  let numbers: NodeNumbers
  let output: BenchOutput

  /// Measures all that is asked for.
  func run() async throws {
    for mode in plan.modes {
      switch mode {
      case .flood: try await flood()
      case .ping: try await ping()
      case .paced, .idle, .stall: break
      }
    }
  }

  private func flood() async throws {
    var table = FloodResult.table
    for cell in try cells() {
      for isBatched in plan.variants(of: cell) {
        output.status("flood, \(cell.name), \(isBatched ? "batched" : "single")")
        let result = try await beacons.withBeacon(for: cell.carriers) { beacon in
          try await RelayFlood(cell: cell, isBatched: isBatched, plan: plan).run(at: beacon, numbers: numbers)
        }
        try output.add(result.json)
        table.add(result.row)
      }
    }
    try output.add(table)
  }

  private func ping() async throws {
    var table = PingResult.table
    for cell in try cells() {
      output.status("ping, \(cell.name)")
      let outcome = try await beacons.withBeacon(for: cell.carriers) { beacon in
        try await PingPong(cell: cell, length: plan.length, duration: plan.duration)
          .run(at: beacon, numbers: numbers)
      }
      let result = PingResult(cell: cell, length: plan.length, outcome: outcome)
      try output.add(result.json)
      table.add(result.row)
    }
    try output.add(table)
  }

  /// The cells that the beacon has.
  private func cells() throws(CommandFailure) -> [RelayCell] {
    let cells = plan.cells.filter { beacons.has($0.carriers) }
    guard !cells.isEmpty else {
      throw .usage(
        "the beacon has no addresses for the cells that are wanted", hint: "give them with --udp and --url")
    }
    return cells
  }
}
