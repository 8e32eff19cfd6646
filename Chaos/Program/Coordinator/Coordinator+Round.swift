import ChaosCore
import PilotConsole

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Coordinator {
  /// How long the books may take to balance after the last frame.
  static var patience: Duration { .seconds(20) }
  /// How long the beacon may take to end in order.
  private static var endLimit: Duration { .seconds(15) }

  /// Plays a round, and does its books.
  mutating func play(_ round: Round) async throws {
    let (mates, pace) = (crew.all, pace)
    observations = RoundRecord.Observations()
    let leftOutBefore = beacon.log.leftOut
    // A beacon that is ended in this weather is ended while nobody reads its log.
    if round.weather == .restart { try await beacon.log.stopReading() }
    async let playing = Self.answers(of: mates, to: .round(round.number, pace: pace))
    for fault in round.faults {
      try await Task.sleep(for: .milliseconds(fault.at))
      try await strike(fault, in: round)
    }
    let answers = try await playing
    await beacon.log.goOn()
    for (name, reason) in answers.flatMap(\.notRun) {
      if let attack = Attack(rawValue: name) { summary.notRun[attack] = reason }
    }
    let missing = mates.count - answers.count
    if missing != (round.weather == .crash ? 1 : 0) { throw ChaosFailure("\(missing) processes have ended in a round") }
    try await crew.tell(crew.all, .settle)
    if round.weather == .unread { try await awaitNotice(after: leftOutBefore) }
    let record = try await audit(round, answers)
    summary.rounds.append(record)
    output.round(record)
    try await crew.tell(crew.all, .fold)
    try await takeVitals(after: round)
    if round.weather == .handover { try await handOver() }
    try await rebase()
    adapt(answers.map(\.lateness).max() ?? 0)
  }

  /// Of those that live long enough.
  private static func answers(of mates: [Mate], to order: Order) async throws -> [Answer] {
    let answers = await withTaskGroup(of: Answer?.self) { group in
      for mate in mates { group.addTask { try? await mate.ask(order) } }
      return await group.reduce(into: [Answer]()) { answers, answer in if let answer { answers.append(answer) } }
    }
    try Task.checkCancellation()
    if let problem = answers.lazy.compactMap(\.problem).first { throw ChaosFailure(problem) }
    return answers
  }

  private mutating func strike(_ fault: Fault, in round: Round) async throws {
    switch round.weather {
    case .stall:
      beacon.child.signal(SIGSTOP)
      try await Task.sleep(for: .milliseconds(fault.duration))
      beacon.child.signal(SIGCONT)
      summary.faults[.stopped, default: 0] += 1
    case .kill:
      beacon.child.end()
      try await Task.sleep(for: .milliseconds(fault.duration))
      try await replaceBeacon()
      summary.faults[.killed, default: 0] += 1
    case .restart:
      if try await isLogFull() { summary.faults[.endedUnread, default: 0] += 1 }
      try await terminate()
      try await Task.sleep(for: .milliseconds(fault.duration))
      try await replaceBeacon()
      summary.faults[.ended, default: 0] += 1
    case .takeover:
      let old = beacon
      try await replaceBeacon()
      try await awaitEnd(of: old, as: "when it was taken over from")
      summary.faults[.takenOver, default: 0] += 1
    case .crash:
      let index = round.number % crew.workers.count
      crew.workers[index].child.end()
      try await Task.sleep(for: .milliseconds(fault.duration))
      try crew.replaceWorker(index)
      try await crew.tell([crew.workers[index]], .open(beacon.site(credentials)))
      try await crew.tell([crew.workers[index]], .follow(round.number))
      summary.faults[.crashed, default: 0] += 1
    case .revocation:
      try await revoke(round, for: fault.duration)
    case .unread:
      try await beacon.log.stopReading()
      summary.faults[.unread, default: 0] += 1
    case .calm, .churn, .handover, .crowd:
      break
    }
  }

  /// All is counted: the beacon goes in order, and another takes its place.
  private mutating func handOver() async throws {
    try await terminate()
    try await replaceBeacon()
    summary.faults[.handedOver, default: 0] += 1
    try await crew.tell(crew.all, .settle)
  }

  private mutating func terminate() async throws {
    let ending = beacon
    ending.child.signal(SIGTERM)
    // Its page answers until it has drained.
    let drain = Task {
      var told: [String: Int] = [:]
      while let counts = try? await ending.counts() {
        told = counts.labels("drain_told_total")
        try await Task.sleep(for: .milliseconds(50))
      }
      return told
    }
    try await awaitEnd(of: ending, as: "on SIGTERM")
    let told = try await drain.value
    if ["udp", "wss"].allSatisfy({ told[$0, default: 0] > 0 }) { summary.faults[.drained, default: 0] += 1 }
  }

  /// Waits for the end of a beacon that ends in order.
  private mutating func awaitEnd(of ending: Beacon, as occasion: String) async throws {
    let child = ending.child
    let limit = Task {
      try await Task.sleep(for: Self.endLimit)
      child.signal(SIGKILL)
    }
    let status = await child.exitStatus()
    limit.cancel()
    await ending.log.goOn()
    if status != 0 { summary.complaints.append("the beacon ended with \(status ?? -1) \(occasion), not with 0") }
  }

  private mutating func replaceBeacon() async throws {
    beacon = try await Beacon.start(pilot, credentials, in: beacon, waiters: waiters)
    try await crew.tell([crew.hostile], .guardBeacon(beacon.child.id))
  }

  /// Counts, until everything is accounted for or the time is over.
  private mutating func audit(_ round: Round, _ answers: [Answer]) async throws -> RoundRecord {
    let lateness = answers.map(\.lateness).max() ?? 0
    let end = ContinuousClock.now.advanced(by: Self.patience)
    while true {
      let nodes = try await newBooks()
      let counts = try await beacon.counts()
      let allowance = Ledger.Allowance(
        backlog: ProcessFiles.backlogDrops() - baseline.backlog, lateness: lateness, nodes: nodes)
      let difference = counts - baseline.beacon
      observations.elapsed = baseline.taken.duration(to: .now).milliseconds
      let ledger =
        if round.weather.keepsCounters {
          Ledger(nodes: nodes, beacon: difference, allowance: allowance)
        } else if round.weather.keepsBeacon {
          Ledger(survivors: nodes, beacon: difference)
        } else {
          Ledger(nodes: nodes)
        }
      if ledger.isBalanced || ContinuousClock.now >= end {
        return RoundRecord(
          round: round, ledger: ledger, nodes: nodes, beacon: round.weather.keepsBeacon ? difference : counts,
          lateness: lateness, silences: answers.map(\.silences), observations: observations)
      }
      // What is still on its way between a transport's counter and the next takes microseconds, on an idle machine.
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Looks at all processes when nothing is under way any more: the same nodes are attached as before, and connections
  /// that were closed are gone.
  private mutating func takeVitals(after round: Round) async throws {
    // Beside the honest nodes, who lies and who floods.
    let peers = plan.population.nodes / 2 + 2
    let end = ContinuousClock.now.advanced(by: Self.patience)
    while try await beacon.counts()["connections"] != peers, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(50))
    }
    for (name, process) in [("beacon", beacon.child.id)] + crew.all.map({ ($0.name, $0.child.id) }) {
      // Sockets that were closed, the status page's among them, take a moment to go.
      let reference = summary.vitals.reference(name, process)
      var vitals = ProcessFiles.vitals(of: process)
      while let seen = vitals, let reference, seen.descriptors > reference.descriptors, ContinuousClock.now < end {
        try await Task.sleep(for: .milliseconds(50))
        vitals = ProcessFiles.vitals(of: process)
      }
      if let vitals { summary.vitals.add(name, process, after: round.number, vitals) }
    }
  }

  private mutating func adapt(_ lateness: Int) {
    if lateness > 300 { pace = max(pace * 3 / 4, 10) } else if lateness < 100 { pace = min(pace + 10, 100) }
  }
}
