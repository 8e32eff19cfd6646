import ChaosCore
import PilotTesting
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A process's hostile peers.
final class HostileWorker: Sendable {
  private struct State {
    var sockets: [HostileSocket] = []
    var liar: Liar?
    var special: SpecialPeers?
    var connections: ConnectionAttacks?
    var beacon: Int32?
    var attacks = Books()
    /// Attacks that can't be made here, and why.
    var notRun: [String: String] = [:]
  }

  private let plan: Plan
  private let keys: Keyring
  private let run: UInt64
  private let readLate = Counter()
  private let believed = Counter()
  private let state = Mutex(State())

  /// UDP sockets; each has its own place in the beacon's group of sockets.
  private static let socketCount = 4

  init(plan: Plan, run: UInt64) {
    self.plan = plan
    keys = Keyring(seed: plan.seed)
    self.run = run
  }

  /// Carries an order out.
  func perform(_ order: Order) async throws -> Answer {
    var answer = Answer()
    switch order {
    case .guardBeacon(let process): state.withLock { $0.beacon = process }
    case .open(let site): try open(site)
    case .round(let number, _): try await play(plan.round(number))
    case .settle: answer.problem = await settle()
    case .report, .fold, .follow: break
    }
    answer.books = books
    answer.notRun = state.withLock { $0.notRun }
    return answer
  }

  /// The coordinator is gone: nobody else ends the beacon, if it hasn't.
  func endBeacon() {
    if let process = state.withLock({ $0.beacon }) { _ = kill(process, SIGKILL) }
  }

  private func open(_ site: Site) throws {
    let beacon = try Endpoint(parsing: site.udp)
    let sockets = try (0..<Self.socketCount).compactMap { index in
      try NodeID(Population.invented + 1 + UInt32(index)).map { try HostileSocket(beacon: beacon, own: $0) }
    }
    let door = try Door(
      endpoint: Endpoint(ipv4: 127, 0, 0, 1, port: UInt16(site.wss)), authority: site.authority)
    let connections = ConnectionAttacks(
      population: plan.population, keys: keys, door: door, held: HeldConnections(), readLate: readLate,
      believed: believed)
    let liar = try Liar(site, keys: keys)
    let special = try SpecialPeers(site, beacon: beacon, keys: keys)
    state.withLock { state in
      state.special = special
      state.sockets = sockets
      state.connections = connections
      state.liar = liar
    }
  }

  private func play(_ round: Round) async throws {
    let begin = ContinuousClock.now
    let datagrams = DatagramAttacks(population: plan.population, keys: keys, run: run, round: round)
    try await withThrowingDiscardingTaskGroup { group in
      for strike in round.strikes {
        let due = begin.advanced(by: .milliseconds(strike.at))
        if ContinuousClock.now < due { try await Task.sleep(until: due, clock: .continuous) }
        group.addTask { try await self.perform(strike, datagrams) }
      }
    }
    await state.withLock({ $0.connections })?.held.closeAll()
  }

  private func perform(_ strike: Strike, _ datagrams: DatagramAttacks) async throws {
    var books = Books()
    if strike.attack.isLong,
      let (special, connections) = state.withLock({ state in
        state.special.map { ($0, state.connections) }
      })
    {
      books = await special.perform(strike)
      if strike.attack == .relayedChallenges { await connections?.perform(strike) }
    } else {
      books[strike.attack] = try await count(of: strike, datagrams)
    }
    state.withLock { $0.attacks += books }
  }

  /// Makes an attack.
  ///
  /// - Returns: How much of it was made.
  private func count(of strike: Strike, _ datagrams: DatagramAttacks) async throws -> Int {
    let (sockets, liar, connections) = state.withLock { ($0.sockets, $0.liar, $0.connections) }
    var random = SeededRandom(seed: strike.seed)
    switch strike.attack {
    case .proofFloods:
      guard let socket = sockets.randomElement(using: &random) else { return 0 }
      return try await ProofFlood(keys: keys, targets: datagrams.targets).perform(strike, from: socket)
    case .forgedReports:
      guard let socket = sockets.randomElement(using: &random) else { return 0 }
      return await forgeReports(strike, from: socket)
    default:
      break
    }
    if strike.attack == .liesOverWSS {
      for _ in 0..<strike.count { liar?.send(try datagrams.connectedLie(&random)) }
    } else if try datagrams.message(strike.attack, &random) != nil {
      for _ in 0..<strike.count {
        guard let message = try datagrams.message(strike.attack, &random) else { continue }
        // An invented node stays with its socket: at another one it would be claimed from there.
        if strike.attack == .inventedNodes, let node = (try? Discover(parsing: message.span.raw))?.node {
          sockets[Int(node.rawValue) % sockets.count].send(message)
        } else {
          sockets.randomElement(using: &random)?.send(message)
        }
      }
    } else {
      await connections?.perform(strike)
    }
    return strike.count
  }

  private func forgeReports(_ strike: Strike, from socket: HostileSocket) async -> Int {
    do throws(ChaosFailure) {
      return try await ReportForger(population: plan.population, beacon: socket.beacon).perform(strike, from: socket)
    } catch {
      state.withLock { $0.notRun[strike.attack.rawValue] = error.description }
      return 0
    }
  }

  /// - Returns: Why nothing could be settled.
  private func settle() async -> String? {
    let (sockets, liar, special) = state.withLock { ($0.sockets, $0.liar, $0.special) }
    for socket in sockets + (special?.sockets ?? []) where await !socket.settle() {
      return "the beacon doesn't answer a hostile socket"
    }
    for peer in [liar, special?.flooder] where await peer?.settle() == false {
      return "the beacon doesn't answer a hostile node's connection"
    }
    return nil
  }

  private var books: Books {
    let (sockets, liar, special, attacks) = state.withLock { ($0.sockets, $0.liar, $0.special, $0.attacks) }
    var books = attacks
    for socket in sockets + (special?.sockets ?? []) { books += socket.books }
    for peer in [liar, special?.flooder] { if let peer { books += peer.books } }
    books[.hostileReadLate] = readLate.value
    books[.believed] += believed.value
    return books
  }
}
