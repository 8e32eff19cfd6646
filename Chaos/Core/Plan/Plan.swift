import PilotTesting

/// What happens in a run, round by round: it follows from the seed alone, in every process that asks.
package struct Plan: Sendable {
  package let seed: UInt64
  package let population: Population
  /// How long each round's steps take, in milliseconds.
  package let roundLength: Int

  package init(seed: UInt64, population: Population, roundLength: Int = 6_000) {
    self.seed = seed
    self.population = population
    self.roundLength = roundLength
  }

  /// Rounds until each kind of weather has been.
  package static var firstCycle: Int { cycleLength(0) }

  /// The kinds after which the beacon, or a worker, is another process.
  private static let endings: [Weather] = [.kill, .restart, .handover, .takeover, .crash]
  private static let others: [Weather] = [.calm, .churn, .stall, .crowd, .revocation, .unread]

  private static func cycleLength(_ cycle: Int) -> Int { endings.count + others.count * (2 + cycle) }

  /// The weather comes in shuffled decks that have every kind. Each begins with the beacon's ends, and then lets it live:
  /// longer each time, since what grows slowly shows only in a long life.
  package func weather(of round: Int) -> Weather {
    var (cycle, first) = (0, 0)
    while round >= first + Self.cycleLength(cycle) {
      first += Self.cycleLength(cycle)
      cycle += 1
    }
    var random = SeededRandom(seed: seed ^ UInt64(cycle + 1) &* 0x9E37_79B9)
    let endings = Self.endings.shuffled(using: &random)
    let others = (0..<2 + cycle).flatMap { _ in Self.others.shuffled(using: &random) }
    return (endings + others)[round - first]
  }

  /// A round's plan; rounds count from 0.
  package func round(_ number: Int) -> Round {
    let weather = weather(of: number)
    var random = SeededRandom(seed: seed &+ 0xC4A0_5000 &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
    var draft = Draft(population: population, length: roundLength, weather: weather)
    draft.draw(using: &random)
    return Round(
      number: number, weather: weather,
      steps: draft.steps.sorted { ($0.at, $0.node) < ($1.at, $1.node) },
      strikes: draft.strikes.sorted { $0.at < $1.at },
      faults: draft.faults, revocations: draft.revocations)
  }
}
