import PilotFixtures
import PilotTesting

/// A round while it is being drawn.
struct Draft {
  let population: Population
  let length: Int
  let weather: Weather
  private(set) var steps: [Step] = []
  private(set) var strikes: [Strike] = []
  private(set) var faults: [Fault] = []
  private(set) var revocations: [Revocation] = []

  init(population: Population, length: Int, weather: Weather) {
    self.population = population
    self.length = length
    self.weather = weather
  }

  mutating func draw(using random: inout SeededRandom) {
    drawFaults(&random)
    drawRevocations(&random)
    drawTraffic(&random)
    drawBursts(&random)
    drawGuests(&random)
    drawMoves(&random)
    drawStalls(&random)
    drawStrikes(&random)
  }

  /// Each node sends a few frames about five times a second. Nobody is silent for long, so that in an outage every node
  /// on UDP runs into it.
  private mutating func drawTraffic(_ random: inout SeededRandom) {
    for node in population.ids {
      var at = Int.random(in: 0..<250, using: &random)
      while at < length {
        let count = Int.random(in: 1...5, using: &random)
        let length = Int.random(in: 40...400, using: &random)
        add(at, node, .send(to: other(node, &random), count: count, length: length, batched: random.chance(0.3)))
        at += Int.random(in: 100...300, using: &random)
      }
    }
  }

  private mutating func drawBursts(_ random: inout SeededRandom) {
    for _ in 0..<Int.random(in: 10...30, using: &random) {
      let node = anyone(&random)
      // One in eight goes to somebody who doesn't read.
      let destination =
        random.chance(0.125) ? UInt32.random(in: Population.slowReaders, using: &random) : other(node, &random)
      let count = Int.random(in: 100...600, using: &random)
      let length = random.chance(0.2) ? 1_200 : Int.random(in: 40...1_200, using: &random)
      add(moment(&random), node, .send(to: destination, count: count, length: length, batched: random.chance(0.5)))
    }
  }

  /// Nodes that are there for the whole round, an eighth of those that have keys, and one of each carrier at least.
  private mutating func drawRevocations(_ random: inout SeededRandom) {
    guard weather == .revocation else { return }
    for carrier in Carrier.allCases {
      let residents = population.ids.filter {
        population.carrier(of: $0) == carrier && !population.isGuest($0) && !population.isPlain($0)
      }
      for node in residents.shuffled(using: &random).prefix(max(residents.count / 8, 1)) {
        revocations.append(Revocation(node: node, carrier: carrier, isReplaced: random.chance(0.5)))
      }
    }
  }

  /// Guests leave and come back within the round, so that each round ends with the same nodes.
  private mutating func drawGuests(_ random: inout SeededRandom) {
    // While the beacon is stopped, no closing handshake can be completed in time, and what is then under way is lost.
    guard weather != .stall else { return }
    let share = weather == .churn ? 1.0 : 0.3
    for node in population.ids where population.isGuest(node) && random.chance(share) {
      let left = Int.random(in: 200..<(length / 2), using: &random)
      add(left, node, .leave)
      add(left + Int.random(in: 300..<(length / 2 - 300), using: &random), node, .join)
    }
  }

  private mutating func drawMoves(_ random: inout SeededRandom) {
    guard weather != .stall else { return }
    let share = weather == .churn ? 0.3 : 0.05
    // A plain node can't tell the beacon twice in half a minute that it has moved, and one without a key not at all.
    let staying = Set(revocations.map(\.node))
    for node in population.ids
    where !population.isGuest(node) && !population.isPlain(node) && !staying.contains(node) && random.chance(share) {
      add(Int.random(in: 200..<(length - 500), using: &random), node, .move)
    }
  }

  private mutating func drawStalls(_ random: inout SeededRandom) {
    for node in population.ids where random.chance(0.06) {
      let at = Int.random(in: 0..<(length / 2), using: &random)
      add(at, node, .stall(Int.random(in: 300...2_000, using: &random)))
      // What a stall is about is that frames come meanwhile.
      for _ in 0..<3 {
        let sender = other(node, &random)
        let count = Int.random(in: 100...400, using: &random)
        add(
          at + Int.random(in: 50...300, using: &random), sender,
          .send(to: node, count: count, length: 1_000, batched: false))
      }
    }
  }

  private mutating func drawFaults(_ random: inout SeededRandom) {
    let at = Int.random(in: (length / 4)..<(length / 3), using: &random)
    switch weather {
    case .stall:
      faults = [Fault(at: at, duration: Int.random(in: 400...2_500, using: &random))]
    case .kill, .restart, .takeover, .crash:
      faults = [Fault(at: at, duration: Int.random(in: 800...1_600, using: &random))]
    case .revocation:
      faults = [Fault(at: at, duration: Int.random(in: 2_000...2_500, using: &random))]
    case .unread:
      // Until the round's end.
      faults = [Fault(at: 0, duration: length)]
    case .calm, .churn, .handover, .crowd:
      break
    }
  }

  private mutating func drawStrikes(_ random: inout SeededRandom) {
    for attack in Attack.allCases where attack.isMade(in: weather) {
      for _ in 0..<(attack.isLong ? 1 : 2) {
        let range = attack.size(in: weather)
        let count = Int.random(in: range, using: &random)
        // What fills a log has to come while nobody reads it.
        let isLogFilled = attack == .comingsAndGoings && (weather == .unread || weather == .restart)
        let isEarly = isLogFilled || attack.isLong
        let at = isEarly ? Int.random(in: 100..<400, using: &random) : moment(&random)
        strikes.append(Strike(at: at, attack: attack, count: count, seed: random.next()))
        if attack == .slowReaders { feedSlowReaders(from: at, &random) }
      }
    }
    // While the beacon is stopped, its sockets' buffers fill up: more than they hold.
    if let fault = faults.first, weather == .stall {
      let seed = random.next()
      strikes.append(Strike(at: fault.at + 50, attack: .longestDatagrams, count: 400, seed: seed))
    }
  }

  /// What is slow about them shows when something comes for them.
  private mutating func feedSlowReaders(from at: Int, _ random: inout SeededRandom) {
    for reader in Population.slowReaders {
      for _ in 0..<2 {
        let when = min(at + Int.random(in: 200...1_800, using: &random), length - 1)
        add(when, anyone(&random), .send(to: reader, count: 25, length: 1_000, batched: random.chance(0.5)))
      }
    }
  }

  private func anyone(_ random: inout SeededRandom) -> UInt32 { .random(in: population.ids, using: &random) }

  private func other(_ node: UInt32, _ random: inout SeededRandom) -> UInt32 {
    let id = UInt32.random(in: 1..<UInt32(population.nodes), using: &random)
    return id < node ? id : id + 1
  }

  private func moment(_ random: inout SeededRandom) -> Int { .random(in: 0..<(length - 300), using: &random) }

  private mutating func add(_ at: Int, _ node: UInt32, _ deed: Deed) {
    steps.append(Step(at: at, node: node, deed: deed))
  }
}

extension Attack {
  /// How much of it a strike is.
  fileprivate func size(in weather: Weather) -> ClosedRange<Int> {
    let isCrowded = weather == .crowd
    switch self {
    case .garbageDatagrams, .truncatedMessages, .liesOverUDP, .inventedNodes, .randomProofs: return 100...600
    case .longestDatagrams: return 2...10
    case .claims: return 50...200
    case .forgedSignatures, .oldProofs: return 5...20
    case .proofFloods: return 20...40
    case .forgedReports: return 5...15
    case .evictions: return 4_000...6_000
    case .claimsOfTheDead: return 1...3
    case .relayFloods: return 500...1_000
    case .relayedChallenges: return 3...7
    case .comingsAndGoings: return weather == .unread ? 400...500 : weather == .restart ? 30...50 : 3...8
    case .liesOverWSS: return 100...500
    case .slowReaders: return 1...2
    case .badFrames, .garbageAfterTLS, .garbageAfterUpgrade, .forgedReplies: return 3...8
    case .garbageBeforeTLS: return 10...40
    case .silentConnections: return isCrowded ? 1_000...1_500 : 100...200
    case .stoppedTLS: return isCrowded ? 200...400 : 20...60
    case .stoppedUpgrades, .unansweredChallenges: return isCrowded ? 50...100 : 5...20
    }
  }
}
