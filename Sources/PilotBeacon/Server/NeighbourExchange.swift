import Logging
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// Tells the other beacons of a deployment who is attached here, every 10 s and within a second of a change, and finds out where
/// their names lead.
///
/// What they tell is the router's. A beacon that ends says nothing: its lists run out after 90 s.
final class NeighbourExchange: Sendable {
  typealias Lookup = BeaconServer.Configuration.NeighbourLookup

  /// From one announcement to the next while nobody comes or goes (wire reference, section 2).
  static let interval: Duration = .seconds(10)
  /// And at least, if somebody does and one list holds all.
  static let shortestInterval: Duration = .seconds(1)
  /// How long an address that a name leads to is taken for good, heard or not.
  static let renewal: Duration = .seconds(60)
  /// From a look-up that failed to the next.
  static let retry: Duration = .seconds(5)

  private struct State {
    var endpoints: [Endpoint?]
    var isHeard: [Bool]
    /// How many lists the last announcement took: when there are fewer now, empty ones take the place of the rest.
    var lists = 0
    var announcedAt = MonotonicInstant.start
    /// What had changed by the last announcement.
    var changes: UInt64 = 0
  }

  /// Their names.
  let names: [HostPort]
  private let engine: RelayEngine
  private let socket: any Transport
  private let totals: RelayTotals
  private let beaconID: UInt32
  private let logger: Logger
  private let lookup: Lookup
  private let state: Mutex<State>

  /// - Parameters:
  ///   - names: Where the neighbours are, each with a port.
  ///   - socket: What lists are sent by: the neighbours know this beacon by its address.
  ///   - beaconID: The first of 256 numbers, each for a list.
  init(
    _ names: [HostPort], engine: RelayEngine, socket: any Transport, totals: RelayTotals, beaconID: UInt32,
    logger: Logger, lookup: @escaping Lookup
  ) {
    self.names = names
    self.engine = engine
    self.socket = socket
    self.totals = totals
    self.beaconID = beaconID
    self.logger = logger
    self.lookup = lookup
    let count = names.count
    state = Mutex(State(endpoints: Array(repeating: nil, count: count), isHeard: Array(repeating: false, count: count)))
  }

  /// Which of them have been heard of late.
  var isHeard: [Bool] { state.withLock { $0.isHeard } }

  /// Until the task is cancelled.
  func run<Time: Clock<Duration>>(clock: Time) async {
    await withTaskGroup(of: Void.self) { group in
      for number in names.indices { group.addTask { await self.follow(number, clock) } }
      group.addTask {
        while (try? await clock.sleep(for: Self.shortestInterval)) != nil {
          let now = MonotonicInstant.now()
          if self.isDue(at: now) { self.announce(at: now) }
          self.look(at: now)
        }
      }
    }
  }

  /// Keeps a neighbour's address what its name leads to.
  private func follow<Time: Clock<Duration>>(_ number: Int, _ clock: Time) async {
    var hasFailed = false
    while !Task.isCancelled {
      var pause = Self.renewal
      do throws(TransportError) {
        let found = try await lookup(names[number])
        if let endpoint = choice(of: found.filter(canReach), for: number) {
          place(endpoint, number)
          hasFailed = false
        } else if !hasFailed {
          hasFailed = true
          logger.warning(
            "A neighbour's name has no address that the UDP socket reaches",
            metadata: ["neighbour": "\(names[number])", "udp": "\(socket.localEndpoint)"])
        }
      } catch {
        pause = Self.retry
        if !hasFailed, error.code != .cancelled {
          logger.warning(
            "A neighbour's name can't be looked up; it is tried again every 5 s",
            metadata: ["neighbour": "\(names[number])", "error": "\(error)"])
        }
        hasFailed = true
      }
      guard (try? await clock.sleep(for: pause)) != nil else { return }
    }
  }

  /// Where a neighbour is, of the addresses that its name has: where it is heard, as long as that is among them; else the next
  /// one, since who isn't heard at one may be at another.
  private func choice(of found: [Endpoint], for number: Int) -> Endpoint? {
    let (present, isHeard) = state.withLock { ($0.endpoints[number], $0.isHeard[number]) }
    guard let place = present.flatMap({ found.firstIndex(of: $0) }) else { return found.first }
    return isHeard ? present : found[(place + 1) % found.count]
  }

  private func canReach(_ endpoint: Endpoint) -> Bool { endpoint.isIPv4 || !socket.localEndpoint.isIPv4 }

  private func place(_ endpoint: Endpoint, _ number: Int) {
    let changed: [Endpoint?]? = state.withLock { state in
      guard state.endpoints[number] != endpoint else { return nil }
      state.endpoints[number] = endpoint
      return state.endpoints
    }
    guard let changed else { return }
    logger.info("Neighbour", metadata: ["neighbour": "\(names[number])", "address": "\(endpoint)"])
    engine.placeNeighbours(changed)
    announce(at: .now())
  }

  private func isDue(at now: MonotonicInstant) -> Bool {
    let changes = engine.attachmentChanges
    return state.withLock { state in
      now >= state.announcedAt.advanced(by: Self.interval) || state.changes != changes && state.lists <= 1
    }
  }

  /// Sends every neighbour the list of who is attached here.
  private func announce(at now: MonotonicInstant) {
    let endpoints = engine.neighbourEndpoints
    // Who has taken over from this beacon speaks for its nodes.
    guard !endpoints.isEmpty, engine.successor == nil else { return }
    // Looked at first: who comes meanwhile is another change.
    let changes = engine.attachmentChanges
    state.withLock { state in (state.announcedAt, state.changes) = (now, changes) }
    for list in lists(of: engine.attached(at: now)) {
      let frame = list.encoded()
      for endpoint in endpoints {
        totals.answered()
        if (try? socket.send(frame, to: endpoint)) == nil { totals.unsent(1) }
      }
    }
  }

  /// The lists that nodes make, at least one.
  private func lists(of nodes: [NodeID]) -> [SyncAnnouncement] {
    let needed = max(1, (nodes.count + SyncAnnouncement.maximumCount - 1) / SyncAnnouncement.maximumCount)
    let count = state.withLock { state in
      defer { state.lists = needed }
      return min(max(needed, state.lists), NeighbourLists.maximumLists)
    }
    return (0..<count).compactMap { number in
      let nodes = nodes.dropFirst(number * SyncAnnouncement.maximumCount).prefix(SyncAnnouncement.maximumCount)
      return try? SyncAnnouncement(beaconID: beaconID &+ UInt32(number), nodeIDs: Array(nodes))
    }
  }

  /// Says in the log who is heard, and who isn't any more. Who begins to be heard may not have known this beacon before, and gets
  /// its nodes at once.
  private func look(at now: MonotonicInstant) {
    let heard = engine.heardNeighbours(at: now)
    guard heard.count == names.count else { return }
    let before = state.withLock { state in
      defer { state.isHeard = heard }
      return state.isHeard
    }
    for number in names.indices where heard[number] != before[number] {
      let name = names[number]
      if heard[number] {
        logger.notice("A neighbour lists its nodes", metadata: ["neighbour": "\(name)"])
        announce(at: now)
      } else {
        logger.warning(
          "A neighbour has been silent for 90 s: its nodes can't be reached from here",
          metadata: ["neighbour": "\(name)"])
      }
    }
  }

  /// By the system's resolver.
  static let resolve: Lookup = { name async throws(TransportError) in
    try await HostAddresses.resolve(name.host, port: name.port ?? 0)
  }
}
