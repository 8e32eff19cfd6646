import ChaosCore
import PilotIdentity
import PilotTransport
import PilotWire

/// Hostile peers that are there for one kind of attack alone, each with an address, or a node, to itself: what is due to a
/// source is what they take.
struct SpecialPeers: Sendable {
  /// Floods over WSS.
  let flooder: Liar
  private let unproven: HostileSocket
  private let proven: HostileSocket
  private let sink: HostileSocket
  private let dead: HostileSocket
  private let claimant: HostileSocket
  private let misled: HostileSocket
  private let fillers: [HostileSocket]

  private let keys: Keyring

  init(_ site: Site, beacon: Endpoint, keys: Keyring) throws {
    self.keys = keys
    func open(
      _ number: Int, as own: UInt32? = nil, _ answers: HostileSocket.Answers = .forged, inflow: Inflow? = nil
    ) throws -> HostileSocket {
      guard let own = NodeID(own ?? Population.invented + 100 + UInt32(number)) else {
        throw ChaosFailure("a hostile socket has no node")
      }
      return try HostileSocket(
        beacon: beacon, own: own, at: Population.hostileAddress(number), answers, inflow: inflow)
    }
    unproven = try open(1)
    proven = try open(2, as: Population.provenFlooder, .truly(keys))
    let senders = [unproven.own.rawValue, Population.provenFlooder, Population.wssFlooder]
    sink = try open(3, as: Population.sink, .truly(keys), inflow: Inflow(from: senders))
    dead = try open(4)
    claimant = try open(5)
    misled = try open(6, .elsewhere(keys))
    fillers = try (0..<TableFlood.addresses).map { try open(10 + $0) }
    flooder = try Liar(site, keys: keys, as: Population.wssFlooder)
  }

  /// All that have sockets of their own.
  var sockets: [HostileSocket] { [unproven, proven, sink, dead, claimant, misled] + fillers }

  /// Makes an attack.
  ///
  /// - Returns: What came of it.
  func perform(_ strike: Strike) async -> Books {
    var books = Books()
    switch strike.attack {
    case .evictions:
      await TableFlood(sockets: fillers).perform(count: strike.count)
      books[.evictions] = strike.count
    case .claimsOfTheDead:
      books = await DeadClaim(dead: dead, claimant: claimant).perform(count: strike.count, first: strike.seed)
      books[.claimsOfTheDead] = books[.deadClaimed]
    case .relayFloods:
      books = await flood(excess: strike.count)
      books[.relayFloods] = books[.floodSent]
    case .relayedChallenges:
      books[.relayedChallenges] = await passOn(strike.count) ? strike.count : 0
    default: break
    }
    return books
  }

  private func flood(excess: Int) async -> Books {
    var books = Books()
    let flows: [(any FloodSource, UInt32, Int)] = [
      (unproven, unproven.own.rawValue, BeaconBounds.relayRate),
      (proven, Population.provenFlooder, BeaconBounds.knownRelayRate),
      (flooder, Population.wssFlooder, BeaconBounds.knownRelayRate),
    ]
    for (sender, node, rate) in flows {
      books += await RelayFlood(sender: sender, node: node, rate: rate, sink: sink).perform(excess: excess)
    }
    return books
  }

  /// The beacon's own challenges, answered by nodes that have dialled another one.
  private func passOn(_ count: Int) async -> Bool {
    let offers = Population.misled.prefix(count).compactMap { number in
      NodeID(number).flatMap { node in
        (try? keys.identity(of: number).publicKey).map { Discover(node: node, publicKey: $0).encoded() }
      }
    }
    return await misled.ask(offers, within: .seconds(2))
  }
}
