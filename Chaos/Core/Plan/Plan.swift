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
  package static var cycle: Int { Weather.allCases.count }

  /// The weather comes in shuffled decks, so that each cycle has every kind once.
  package func weather(of round: Int) -> Weather {
    var random = SeededRandom(seed: seed ^ UInt64(round / Self.cycle) &* 0x9E37_79B9)
    return Weather.allCases.shuffled(using: &random)[round % Self.cycle]
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
      faults: draft.faults)
  }
}
