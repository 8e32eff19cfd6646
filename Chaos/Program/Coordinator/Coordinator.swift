import ChaosCore
import NIOPosix
import PilotConsole

/// Runs the plan: starts the processes, gives orders, hurts the beacon, and does the books after each round.
struct Coordinator: ~Copyable {
  /// What everything is counted from.
  struct Baseline {
    /// By process; one that has begun since begins with nothing.
    var books: [Int32: Books] = [:]
    var beacon = BeaconCounts()
    var backlog = 0
    var taken = ContinuousClock.now
  }

  let plan: Plan
  let pilot: String
  let output: RunOutput
  let credentials: Credentials
  let waiters: NIOThreadPool
  var crew: Crew
  var beacon: Beacon
  var summary: Summary
  /// How many of the planned frames are sent, in percent: fewer when the machine can't keep up.
  var pace = 100
  var baseline = Baseline()
  /// What is seen in the round under way.
  var observations = RoundRecord.Observations()

  /// Starts all processes, and has all nodes connect.
  static func start(plan: Plan, pilot: String, output: RunOutput) async throws -> Coordinator {
    let waiters = NIOThreadPool(numberOfThreads: 4 * (plan.population.workers + 2))
    waiters.start()
    let credentials = try Credentials(plan)
    do {
      let beacon = try await Beacon.start(pilot, credentials, in: nil, waiters: waiters)
      let crew = try Crew.start(plan, run: .random(in: 1 ... .max), waiters: waiters)
      return Coordinator(
        plan: plan, pilot: pilot, output: output, credentials: credentials, waiters: waiters, crew: crew,
        beacon: beacon, summary: Summary(seed: plan.seed))
    } catch {
      credentials.remove()
      throw error
    }
  }

  /// Runs rounds for this long, and as many as it takes for each kind of weather; or so many rounds and no more.
  mutating func run(for duration: Duration, rounds: Int? = nil) async throws -> Summary {
    let end = ContinuousClock.now.advanced(by: duration)
    try await crew.tell([crew.hostile], .guardBeacon(beacon.child.id))
    try await crew.tell(crew.all, .open(beacon.site(credentials)))
    try await crew.tell(crew.all, .settle)
    try await rebase()
    var number = 0
    while rounds.map({ number < $0 }) ?? (number < Plan.firstCycle || ContinuousClock.now < end) {
      let round = plan.round(number)
      output.progress("round \(number + 1), \(round.weather.rawValue)")
      try await play(round)
      number += 1
    }
    return summary
  }

  /// Ends all processes.
  consuming func end() {
    crew.end()
    beacon.child.end()
    credentials.remove()
  }

  /// Nothing is under way: what comes from now on is counted from here.
  mutating func rebase() async throws {
    baseline = Baseline(
      books: try await crew.books(), beacon: try await beacon.counts(), backlog: ProcessFiles.backlogDrops())
  }

  /// What all nodes together have counted since the baseline.
  func newBooks() async throws -> Books {
    try await crew.books().reduce(into: Books()) { sum, entry in
      sum += entry.value - (baseline.books[entry.key] ?? Books())
    }
  }
}
