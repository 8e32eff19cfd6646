import ChaosCore
import PilotFixtures
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// A process's honest nodes.
final class Worker: Sendable {
  private let plan: Plan
  private let index: Int
  private let station: Station
  private let nodes: [UInt32: HonestNode]
  /// Sends the sentinels to the witnesses.
  private let herald: UDPTransport
  /// How long nodes may take to come back, at the end of a round.
  private static let patience: Duration = .seconds(60)

  init(plan: Plan, index: Int, run: UInt64) throws {
    self.plan = plan
    self.index = index
    station = Station(run: run, population: plan.population, keys: Keyring(seed: plan.seed))
    var nodes: [UInt32: HonestNode] = [:]
    for number in plan.population.ids(of: index) {
      guard let id = NodeID(number) else { continue }
      nodes[number] = try HonestNode(id, at: station)
    }
    self.nodes = nodes
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    herald = try UDPTransport.bind(configuration)
  }

  /// Carries an order out.
  func perform(_ order: Order) async throws -> Answer {
    var answer = Answer()
    switch order {
    case .open(let site):
      station.open(site)
      for node in nodes.values { try node.join() }
    case .round(let number, let pace):
      station.isHeld = false
      station.pulse.begin()
      for node in nodes.values { node.begin(round: UInt32(number) + 1) }
      let round = plan.round(number)
      let steps = round.steps.filter { nodes[$0.node] != nil }
      answer.lateness = try await ScriptPlayer(nodes: nodes, pace: pace).play(steps)
      answer.silences = station.pulse.silences()
      lookForForsaken(in: round)
    case .follow(let number):
      for node in nodes.values { node.begin(round: UInt32(number) + 1) }
    case .settle:
      station.isHeld = true
      answer.problem = await settle()
    case .report, .guardBeacon:
      break
    case .fold:
      for node in nodes.values { await node.fold() }
    }
    for node in nodes.values { answer.books += node.books }
    return answer
  }

  /// Fifteen times in three seconds, on average, somebody sends to each node. Those that are away for a while, or don't read,
  /// are left out.
  private func lookForForsaken(in round: Round) {
    var left = Set(round.revocations.map(\.node))
    for step in round.steps {
      switch step.deed {
      case .stall, .move, .leave, .join: left.insert(step.node)
      case .send: break
      }
    }
    for (number, node) in nodes where node.carrier == .udp && !left.contains(number) {
      if !node.hasHeard(within: .seconds(3)) { node.forsaken() }
    }
  }

  /// - Returns: Who isn't attached.
  private func settle() async -> String? {
    let missing = await withTaskGroup(of: UInt32?.self) { group in
      for node in nodes.values {
        group.addTask {
          await node.settle(from: self.herald, within: Self.patience) ? nil : node.id.rawValue
        }
      }
      return await group.reduce(into: [UInt32]()) { list, node in if let node { list.append(node) } }
    }
    return missing.isEmpty ? nil : "nodes \(missing.sorted()) had no answer from the beacon for \(Self.patience)"
  }
}
