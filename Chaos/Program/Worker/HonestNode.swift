import ChaosCore
import PilotFixtures
import PilotIdentity
import PilotNode
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Synchronization

/// An honest node: sends what it is told, and looks at all that it gets.
final class HonestNode: Sendable {
  private struct State {
    var life: Life?
    var generation: UInt32 = 0
    /// Lives that have ended, until all is counted.
    var past: [Life] = []
    var witnesses: [Witness] = []
    var inbox: Inbox
    var round: UInt32 = 0
    var sequences: [UInt32: UInt32] = [:]
    /// What it counted itself, and lives that were folded.
    var books = Books()
    var pause: Duration?
    /// When something was last delivered to it.
    var lastDelivery = ContinuousClock.now
  }

  let id: NodeID
  let carrier: Carrier
  let identity: Identity
  let station: Station
  private let state: Mutex<State>

  init(_ id: NodeID, at station: Station) throws {
    self.id = id
    self.station = station
    carrier = station.population.carrier(of: id.rawValue)
    identity = try station.keys.identity(of: id.rawValue)
    state = Mutex(State(inbox: Inbox(run: station.run, node: id.rawValue)))
  }

  /// Whether it proves nothing, as the nodes that are deployed.
  var isPlain: Bool { station.population.isPlain(id.rawValue) }

  /// The Discover that it makes itself known with. Over WSS the key is of no use, and does no harm.
  var announcement: [UInt8] {
    Discover(node: id, publicKey: isPlain ? nil : identity.publicKey).encoded()
  }

  var life: Life? { state.withLock { $0.life } }

  // MARK: Coming and going

  /// Opens a transport, if it has none.
  func join() throws {
    guard life == nil else { return }
    let life = try makeLife()
    state.withLock { state in
      state.life = life
      state.books[.joins] += 1
    }
    life.start()
  }

  func leave() async throws {
    guard let life = state.withLock({ $0.life.take() }) else { return }
    count(.leaves)
    try await bury(life)
  }

  /// Takes a new socket or connection, and closes the old one when the beacon knows of the new one.
  func move() async throws {
    guard let old = life else { return }
    let new: Life
    switch carrier {
    case .udp:
      new = try makeLife()
      new.start()
      guard await new.readiness.wait(until: 1, for: .seconds(3)) else {
        // Should it have come about all the same, the old socket's proof takes the node back.
        try await bury(new)
        return old.reassert()
      }
    case .wss:
      // Where there is no room, it stays where it is.
      let configuration = try configuration()
      guard let transport = try? await WSSTransport.connect(configuration) else { return }
      new = try Life(
        wss: self, transport, beacon: configuration.beaconEndpoint, generation: nextGeneration())
      new.start()
    }
    state.withLock { state in
      state.life = new
      state.books[.moves] += 1
    }
    try await bury(old)
  }

  private func bury(_ life: Life) async throws {
    let witness = try await life.end()
    state.withLock { state in
      state.past.append(life)
      if let witness { state.witnesses.append(witness) }
    }
  }

  private func makeLife() throws -> Life {
    let generation = nextGeneration()
    switch carrier {
    case .udp:
      return try Life(udp: self, beacon: Endpoint(parsing: station.beacon().udp), generation: generation)
    case .wss:
      let configuration = try configuration()
      return try Life(
        wss: self, WSSTransport.start(configuration), beacon: configuration.beaconEndpoint, generation: generation)
    }
  }

  private func nextGeneration() -> UInt32 {
    state.withLock { state in
      state.generation += 1
      return state.generation
    }
  }

  private func configuration() throws -> WSSTransport.Configuration {
    let site = try station.beacon()
    var configuration = WSSTransport.Configuration(
      beacon: WSSURL(host: "localhost", port: site.wss), node: id, identity: identity)
    configuration.trust = .file(site.authority)
    // A run has many outages in a short time; a node that waits for half a minute would miss most of it.
    configuration.backoff.maximum = .seconds(2)
    // Small enough to overflow when the node doesn't read.
    configuration.incoming = FrameQueue.Limits(bytes: 256 * 1_024, frames: 1_024)
    return configuration
  }

  // MARK: Frames

  /// Relays frames to another node, as many as its transport takes.
  func send(to destination: UInt32, count: Int, length: Int, batched: Bool) {
    guard let life, let peer = NodeID(destination), count > 0 else { return }
    let (round, first) = state.withLock { state in
      defer { state.sequences[destination, default: 0] += UInt32(count) }
      return (state.round, state.sequences[destination, default: 0])
    }
    var batch = batched ? life.node.makeBatch(byteCapacity: count * (length + 16), payloadCapacity: count) : nil
    var taken = 0
    do {
      for sequence in first..<first + UInt32(count) {
        let payload = Parcel(
          run: station.run, round: round, sender: id.rawValue, destination: destination, stream: life.generation,
          sequence: sequence
        ).encoded(length: length)
        if batched {
          _ = batch?.append(payload, to: peer)
        } else {
          try life.node.send(payload, to: peer)
          taken += 1
        }
      }
      if let full = batch.take() { taken = try life.node.send(contentsOf: full) }
    } catch {
      // Full, or on its way back: the rest isn't tried.
    }
    let cell = Cell(from: carrier, to: station.population.carrier(of: destination))
    state.withLock { state in
      state.books[.sent(cell)] += taken
      state.books[.refused] += count - taken
    }
  }

  func received(_ payload: RawSpan, from sender: UInt32) {
    let cell = Cell(from: station.population.carrier(of: sender), to: carrier)
    let now = ContinuousClock.now
    state.withLock { state in
      state.lastDelivery = now
      let finding = state.inbox.receive(payload, from: sender, keepsOrder: cell == .wssToWSS)
      state.books[.delivered(cell)] += 1
      if finding != .good { state.books[finding] += 1 }
    }
    station.pulse.beat(cell)
  }

  /// A Discover or a proof of this program's was taken.
  func sentControl() { count(carrier == .udp ? .udpControlSent : .wssControlSent) }

  func keyChanged() { count(.keysChanged) }

  func registered() { count(.registeredAgain) }

  private func count(_ account: Account) { state.withLock { $0.books[account] += 1 } }

  // MARK: Rounds

  func begin(round: UInt32) {
    state.withLock { state in
      state.round = round
      state.sequences.removeAll(keepingCapacity: true)
      state.inbox.begin(round: round)
    }
  }

  /// Reads nothing for a while, from the next frame on.
  func stall(for duration: Duration) {
    state.withLock { state in
      state.pause = duration
      state.books[.stalls] += 1
    }
  }

  /// Something has been delivered to it within this time.
  func hasHeard(within limit: Duration) -> Bool {
    let last = state.withLock { $0.lastDelivery }
    return last.duration(to: .now) <= limit
  }

  /// The beacon has lost it: counts that.
  func forsaken() { count(.forsaken) }

  func takePause() -> Duration? { state.withLock { $0.pause.take() } }

  /// Waits until it is attached, and nothing from it or for it is under way.
  func settle(from other: UDPTransport, within limit: Duration) async -> Bool {
    if let life {
      for _ in 0..<2 {
        guard await life.roundTrip(within: limit) else { return false }
      }
    }
    for witness in state.withLock({ $0.witnesses }) {
      guard await witness.settle(from: other) else { return false }
    }
    return true
  }

  var books: Books {
    let (own, lives, witnesses) = state.withLock { ($0.books, $0.past + [$0.life].compactMap { $0 }, $0.witnesses) }
    var books = own
    for life in lives { books += life.books }
    for witness in witnesses { books += witness.books }
    return books
  }

  /// Lets go of the past, whose counts stay.
  func fold() async {
    let (lives, witnesses) = state.withLock { state in
      let past = (state.past, state.witnesses)
      for life in state.past { state.books += life.books }
      for witness in state.witnesses { state.books += witness.books }
      state.past = []
      state.witnesses = []
      return past
    }
    _ = lives
    for witness in witnesses { await witness.close() }
  }
}
