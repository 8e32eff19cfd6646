import PilotConsole

/// Measures a beacon, one case after the other.
struct RelayBench: Sendable {
  let plan: RelayBenchPlan
  let beacons: BeaconSupply
  let numbers: NodeNumbers
  let output: BenchOutput

  private static let pacedRate = 1_000
  private static let stallRate = 20_000
  private static let attackRate = 250

  /// Measures all that is asked for.
  func run() async throws {
    for mode in plan.modes {
      switch mode {
      case .flood: try await flood()
      case .ping: try await ping()
      case .paced: try await paced()
      case .idle: try await idle()
      case .stall: try await stall()
      case .attack: try await attack()
      }
    }
  }

  private func flood() async throws {
    var table = FloodResult.table
    for cell in try cells(of: .flood) {
      for isBatched in plan.variants(of: cell) {
        output.status("flood, \(cell.name), \(isBatched ? "batched" : "single")")
        let result = try await beacons.withBeacon(for: cell.carriers) { beacon in
          try await RelayFlood(cell: cell, isBatched: isBatched, plan: plan).run(at: beacon, numbers: numbers)
        }
        try await output.add(result.json)
        table.add(result.row)
      }
    }
    try await output.add(table)
  }

  private func ping() async throws {
    var table = PingResult.table
    for cell in try cells(of: .ping) {
      output.status("ping, \(cell.name)")
      let outcome = try await beacons.withBeacon(for: cell.carriers) { beacon in
        try await PingPong(cell: cell, length: plan.length, duration: plan.duration)
          .run(at: beacon, numbers: numbers)
      }
      let result = PingResult(cell: cell, length: plan.length, outcome: outcome)
      try await output.add(result.json)
      table.add(result.row)
    }
    try await output.add(table)
  }

  private func paced() async throws {
    var table = PacedResult.table
    for cell in try cells(of: .paced) {
      output.status("paced, \(cell.name)")
      let paced = RelayPaced(
        cell: cell, length: plan.length, rate: plan.rate ?? Self.pacedRate, duration: plan.duration)
      let result = try await beacons.withBeacon(for: cell.carriers) { try await paced.run(at: $0, numbers: numbers) }
      try await output.add(result.json)
      table.add(result.row)
    }
    try await output.add(table)
  }

  private func idle() async throws {
    var table = IdleResult.table
    let carriers = Set(try cells(of: .idle).flatMap(\.carriers))
    for carrier in BenchCarrier.allCases where carrier != .udp && carriers.contains(carrier) {
      let idle = RelayIdle(carrier: carrier, peers: plan.idlePeers, length: plan.length, output: output)
      let result = try await beacons.withBeacon(for: [carrier]) { try await idle.run(at: $0, numbers: numbers) }
      try await output.add(result.json)
      table.add(result.row)
    }
    try await output.add(table)
  }

  private func stall() async throws {
    var table = StallResult.table
    for cell in try cells(of: .stall) {
      output.status("stall, \(cell.name)")
      let stall = RelayStall(
        cell: cell, length: plan.length, rate: plan.rate ?? Self.stallRate, duration: plan.duration)
      let result = try await beacons.withBeacon(for: cell.carriers.union([stall.hungCarrier])) { beacon in
        try await stall.run(at: beacon, numbers: numbers)
      }
      try await output.add(result.json)
      table.add(result.row)
    }
    try await output.add(table)
  }

  private func attack() async throws {
    var table = AttackResult.table
    let cells = try cells(of: .attack)
    for kind in [nil] + plan.attacks.map(Optional.some) {
      output.status("attack, \(kind?.rawValue ?? "none")")
      let attack = RelayAttack(
        attack: kind, cells: cells, length: plan.length, rate: plan.rate ?? Self.attackRate, duration: plan.duration)
      let result = try await beacons.withBeacon(for: Set(cells.flatMap(\.carriers)), limitsRates: true) { beacon in
        try await attack.run(at: beacon, numbers: numbers)
      }
      try await output.add(result.json)
      table.add(result.row)
    }
    try await output.add(table)
  }

  /// The cells of a mode that the beacon has.
  private func cells(of mode: RelayBenchMode) throws(CommandFailure) -> [BenchCell] {
    let cells = plan.cells(of: mode).filter { beacons.has($0.carriers) }
    guard !cells.isEmpty else {
      throw .usage(
        "the beacon has no addresses for the cells that are wanted", hint: "give them with --udp and --url")
    }
    return cells
  }
}
