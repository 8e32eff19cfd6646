import ChaosCore
import PilotFixtures
import Testing

@Suite struct PlanTests {
  private let population = Population(nodes: 64, workers: 2)
  private func plan(_ seed: UInt64) -> Plan { Plan(seed: seed, population: population) }

  @Test func `the same seed makes the same rounds, and another one others`() {
    for number in 0..<20 {
      #expect(plan(7).round(number) == plan(7).round(number))
      #expect(plan(7).round(number).steps != plan(8).round(number).steps)
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `the first cycle has every kind of weather`(seed: UInt64) {
    let kinds = Set((0..<Plan.firstCycle).map { plan(seed).round($0).weather })
    #expect(kinds == Set(Weather.allCases))
  }

  @Test func `the beacon lives longer with each cycle`() {
    let ends = (0..<200).filter { [.kill, .restart, .handover, .takeover, .crash].contains(plan(3).weather(of: $0)) }
    let gaps = zip(ends, ends.dropFirst()).map { $1 - $0 }.filter { $0 > 1 }
    #expect(gaps.count > 3)
    #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0 < $1 + 3 })
    #expect(gaps.last ?? 0 > 20)
  }

  @Test func `each guest that leaves comes back within the round`() {
    for number in 0..<30 {
      let round = plan(11).round(number)
      var away: Set<UInt32> = []
      for step in round.steps {
        switch step.deed {
        case .leave:
          #expect(population.isGuest(step.node))
          #expect(away.insert(step.node).inserted)
        case .join: #expect(away.remove(step.node) != nil)
        case .move: #expect(!population.isGuest(step.node) && !population.isPlain(step.node))
        case .send, .stall: break
        }
      }
      #expect(away.isEmpty)
    }
  }

  @Test func `nobody sends to itself, and steps come in order and in time`() {
    for number in 0..<10 {
      let round = plan(5).round(number)
      #expect(zip(round.steps, round.steps.dropFirst()).allSatisfy { $0.at <= $1.at })
      for step in round.steps {
        #expect(population.ids.contains(step.node))
        #expect((0..<plan(5).roundLength).contains(step.at))
        if case .send(let destination, let count, let length, _) = step.deed {
          #expect(destination != step.node)
          #expect(population.ids.contains(destination) || Population.slowReaders.contains(destination))
          #expect(count > 0 && length >= Parcel.minimumLength)
        }
      }
    }
  }

  @Test func `all four cells have traffic, and every kind of attack is made that fits, in every round`() {
    for number in 0..<20 {
      let round = plan(2).round(number)
      var cells: Set<Cell> = []
      for step in round.steps {
        guard case .send(let destination, _, _, _) = step.deed else { continue }
        cells.insert(Cell(from: population.carrier(of: step.node), to: population.carrier(of: destination)))
      }
      #expect(cells == Set(Cell.allCases))
      #expect(Set(round.strikes.map(\.attack)) == Set(Attack.allCases.filter { $0.isMade(in: round.weather) }))
    }
  }

  @Test func `reports are forged only where nobody who claims a plain node would be rightly believed`() {
    let elsewhere = Weather.allCases.filter { !Attack.forgedReports.isMade(in: $0) }
    #expect(Set(elsewhere) == [.kill, .restart, .takeover, .crash])
    #expect(Weather.allCases.allSatisfy { Attack.claimsOfTheDead.isMade(in: $0) == $0.keepsCounters })
    #expect(Attack.allCases.allSatisfy { $0.isMade(in: .calm) })
  }

  @Test
  func `keys are taken out in a revocation alone, of nodes that have one and stay for the round, on both carriers`() {
    for number in 0..<60 {
      let round = plan(4).round(number)
      guard round.weather == .revocation else {
        #expect(round.revocations.isEmpty)
        continue
      }
      #expect(round.revocations(of: .udp) > 0 && round.revocations(of: .wss) > 0)
      let nodes = Set(round.revocations.map(\.node))
      #expect(nodes.count == round.revocations.count)
      for revocation in round.revocations {
        #expect(population.carrier(of: revocation.node) == revocation.carrier)
        #expect(!population.isGuest(revocation.node) && !population.isPlain(revocation.node))
      }
      #expect(!round.steps.contains { $0.deed == .move && nodes.contains($0.node) })
      // Longer than the beacon may take, and back before the round is over.
      let fault = round.faults.first
      #expect(round.faults.count == 1 && fault?.duration ?? 0 >= RunVerdict.revocationLimit)
      #expect(fault.map { $0.at + $0.duration < 6_000 } == true)
    }
  }

  @Test func `what fills a log comes while nobody reads it, and before a beacon is ended`() {
    for number in 0..<60 {
      let round = plan(6).round(number)
      guard let fault = round.faults.first, round.weather == .unread || round.weather == .restart else { continue }
      let comings = round.strikes.filter { $0.attack == .comingsAndGoings }
      #expect(comings.allSatisfy { round.weather == .unread ? $0.at >= fault.at : $0.at < fault.at })
      // Two lines each: more than the beacon's 1,000 lines, or than the pipe's 4 KiB.
      #expect(2 * comings.reduce(0) { $0 + $1.count } >= (round.weather == .unread ? 1_600 : 100))
    }
  }

  @Test func `no node has the hostile address, nor another node's, and plain ones prove nothing over UDP`() {
    let addresses = population.ids.map(Population.address)
    #expect(Set(addresses).count == addresses.count && !addresses.contains(Population.hostileAddress))
    let plain = population.ids.filter(population.isPlain)
    #expect(plain.count == population.nodes / 8)
    #expect(plain.allSatisfy { population.carrier(of: $0) == .udp && !population.isGuest($0) })
  }

  /// Room for what there is, and far less than for what one strike invents, of which each address keeps to its share.
  @Test func `an eviction's strike exceeds what the beacon has room for, once in a round and early`() {
    for number in 0..<30 {
      let round = plan(9).round(number)
      for attack in Attack.allCases where attack.isLong && attack.isMade(in: round.weather) {
        let strikes = round.strikes.filter { $0.attack == attack }
        #expect(strikes.count == 1 && strikes[0].at < 400)
      }
      let invented = round.strikes.first { $0.attack == .evictions }?.count ?? 0
      #expect(invented > 2 * BeaconBounds.nodes(population) && invented / 8 < 1_000)
    }
  }

  @Test func `some of the nodes that prove nothing have no key at the beacon, and nobody else`() {
    let unlisted = population.ids.filter(population.isUnlisted)
    #expect(unlisted.count == population.nodes / 16)
    #expect(unlisted.allSatisfy(population.isPlain))
  }

  @Test func `no two hostile peers are one node, or have an address together`() {
    let roles = [
      Population.liar, Population.provenFlooder, Population.wssFlooder, Population.sink,
    ]
    let ranges = [Population.slowReaders, Population.misled, Population.passers]
    let all = roles + ranges.flatMap { Array($0) }
    #expect(Set(all).count == all.count && all.allSatisfy(Population.hostile.contains))
    let addresses = (0..<30).map(Population.hostileAddress)
    #expect(Set(addresses).isDisjoint(with: population.ids.map(Population.address) + [Population.hostileAddress]))
  }

  @Test func `workers share the nodes, and each has as many of both kinds, guests included`() {
    #expect(Population(nodes: 1, workers: 2).nodes == 16)
    for worker in 0..<2 {
      let ids = population.ids(of: worker)
      #expect(ids.count == 32)
      #expect(ids.count { population.carrier(of: $0) == .udp } == 16)
      #expect(ids.count { population.isGuest($0) } == 8)
    }
  }
}
