import ChaosCore
import PilotIdentity
import PilotTesting
import PilotTransport
import PilotUDP
import PilotWire

/// What hostile peers send over UDP, and, as far as it makes sense there, over an authenticated connection.
struct DatagramAttacks {
  let population: Population
  /// Whom claims may name. Nobody can be robbed who isn't there, and a Discover alone may name an absent node; and a node
  /// that can prove nothing is its first claimant's at a beacon that has just begun.
  let targets: [NodeID]
  let keys: Keyring
  /// Of the honest nodes' run; the frames say that they are of another.
  let run: UInt64

  /// - Parameter round: Whose revoked keys' nodes are left alone.
  init(population: Population, keys: Keyring, run: UInt64, round: Round) {
    self.population = population
    self.keys = keys
    self.run = run
    let absent = Set(round.revocations.map(\.node))
    targets = population.ids.filter {
      !population.isGuest($0) && !population.isPlain($0) && !absent.contains($0)
    }.compactMap { NodeID($0) }
  }

  /// The message of an attack, or nil if it isn't one by datagrams.
  func message(_ attack: Attack, _ random: inout SeededRandom) throws -> [UInt8]? {
    switch attack {
    case .garbageDatagrams:
      return bytes(0...300, &random)
    case .truncatedMessages:
      return [UInt8.random(in: 0...0x10, using: &random)] + bytes(0...8, &random)
    case .longestDatagrams:
      return lie(&random, length: FrameLimits.maximumOverUDPv4 - Relay.headerLength)
    case .liesOverUDP:
      return lie(&random)
    case .claims:
      return Discover(node: try resident(&random)).encoded()
    case .inventedNodes:
      // Always the same ones, so that the beacon's table doesn't grow from them without end.
      let id = NodeID(.random(in: (Population.invented + 1_000)...(Population.invented + 6_000), using: &random))
      return id.map { Discover(node: $0).encoded() }
    case .randomProofs:
      return try proof(at: .now(), &random)
    case .oldProofs:
      return try proof(at: MonotonicInstant.now().advanced(by: .seconds(-60)), &random)
    case .forgedSignatures:
      let node = try resident(&random)
      return Discover(node: node, publicKey: try keys.identity(of: node.rawValue).publicKey).encoded()
    default:
      return nil
    }
  }

  /// What the liar sends over its own connection.
  func connectedLie(_ random: inout SeededRandom) throws -> [UInt8] {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: Discover(node: try resident(&random)).encoded()
    case 1: try proof(at: .now(), &random)
    case 2: bytes(0...300, &random)
    default: lie(&random)
    }
  }

  /// A frame in an honest node's name, to another one.
  private func lie(_ random: inout SeededRandom, length: Int = Parcel.minimumLength) -> [UInt8] {
    let (sender, destination) = (honest(&random), honest(&random))
    let parcel = Parcel(
      run: ~run, round: 0, sender: sender, destination: destination, stream: 0,
      sequence: .random(in: 0...9, using: &random)
    ).encoded(length: length)
    guard let sender = NodeID(sender), let destination = NodeID(destination) else { return [] }
    return Relay(sender: sender, destination: destination, payload: parcel.span.raw).encoded()
  }

  private func proof(at instant: MonotonicInstant, _ random: inout SeededRandom) throws -> [UInt8] {
    let challenge = DiscoverChallenge(
      node: try resident(&random), stamp: ChallengeStamp(rawValue: instant.nanoseconds),
      token: ChallengeToken(high: random.next(), low: random.next()))
    guard let beacon = BeaconName(host: "127.0.0.1", port: 9_001) else { throw ChaosFailure("the beacon has no name") }
    return try keys.identity(of: Population.liar).proof(of: challenge, dialling: beacon).encoded()
  }

  private func honest(_ random: inout SeededRandom) -> UInt32 { .random(in: population.ids, using: &random) }

  private func resident(_ random: inout SeededRandom) throws -> NodeID {
    guard let node = targets.randomElement(using: &random) else { throw ChaosFailure("there is nobody to claim") }
    return node
  }

  private func bytes(_ count: ClosedRange<Int>, _ random: inout SeededRandom) -> [UInt8] {
    (0..<Int.random(in: count, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
  }
}
