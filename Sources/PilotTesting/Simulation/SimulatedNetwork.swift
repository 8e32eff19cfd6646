public import PilotTransport
import PilotWire

/// A network with all that goes wrong on one, in virtual time and without a socket, a thread or a clock.
///
/// It is a value that its user steps from event to event. The same calls with the same seed give the same events, on every
/// machine; a copy goes on by itself, as the original would.
///
/// ```swift
/// var network = SimulatedNetwork(seed: 1)
/// var conditions = LinkConditions()
/// conditions.delay = .milliseconds(20)
/// conditions.loss = 0.1
/// network.setConditions(conditions)
/// let alice = network.addHost(at: Endpoint(ipv4: 203, 0, 113, 1, port: 4_000))
/// let bob = network.addHost(at: Endpoint(ipv4: 203, 0, 113, 2, port: 4_000))
/// network.send([1, 2, 3], from: alice, to: network.endpoint(of: bob), at: network.now)
/// while let event = try network.step() {
///   if case .delivered(let delivery) = event { print(network.now, delivery.frame) }
/// }
/// ```
///
/// A datagram takes this way: the sender's NAT, the link between sender and receiver, the receiver's NAT. Each can end it,
/// and what ends there is counted by reason in ``counters``, which add up at any time.
///
/// What stands on the network is up to its user: a host is a number. Timers come in between the datagrams in the same
/// order of time, so that machines which want to be asked again at an instant need nothing else
/// (``setTimer(_:at:)``).
public struct SimulatedNetwork: Sendable {
  enum Due: Sendable {
    case datagram(Datagram)
    case report(Host, destination: Endpoint, quoted: QuotedDatagram)
    case timer(UInt64)
  }

  /// The present: when the last event happened, or what was asked for in ``step(until:)``.
  public internal(set) var now: MonotonicInstant
  /// How many events it has at most, timers and dropped datagrams included.
  public let eventLimit: Int
  /// What became of the datagrams so far.
  public internal(set) var counters = SimulationCounters()

  var eventCount = 0
  var random: SeededRandom
  var queue = EventQueue<Due>()
  var links = LinkTable()
  var cuts: Set<LinkKey> = []
  var lastIsland = 0
  var hosts: [HostState] = []
  var nats: [NATTable] = []
  var places: [Place: Int] = [:]
  var natAddresses: [Endpoint: Int] = [:]

  /// An empty network of perfect links.
  ///
  /// - Parameters:
  ///   - seed: What all chance follows from.
  ///   - now: When it starts.
  ///   - eventLimit: How many events it has at most, so that a livelock ends. Default ten million.
  public init(seed: UInt64, now: MonotonicInstant = .start, eventLimit: Int = 10_000_000) {
    random = SeededRandom(seed: seed)
    self.now = now
    self.eventLimit = eventLimit
  }

  /// When something is due next, or nil when nothing is. It can be a datagram that will be dropped.
  public var nextDue: MonotonicInstant? { queue.first }

  /// Goes on to the next event.
  ///
  /// - Parameter end: No further than this. Default nil: as far as there are events.
  /// - Returns: What happens then; nil when nothing does any more, or not until `end`, which then is ``now``.
  /// - Throws: ``SimulationLivelock`` at ``eventLimit``.
  public mutating func step(until end: MonotonicInstant? = nil) throws(SimulationLivelock) -> Event? {
    while let time = queue.first {
      if let end, time > end { break }
      guard eventCount < eventLimit else { throw SimulationLivelock(events: eventCount, time: time) }
      guard let due = queue.removeFirst() else { break }
      eventCount += 1
      now = time
      if let event = happen(due) { return event }
    }
    if let end { now = max(now, end) }
    return nil
  }

  /// Makes ``Event/timer(_:)`` happen.
  ///
  /// Timers can't be taken back: their owner compares what it wants then with what it wanted, as state machines that are
  /// asked for the present do by themselves.
  ///
  /// - Parameters:
  ///   - number: What tells it from others. Several can have the same.
  ///   - instant: When; one in the past is due at once.
  public mutating func setTimer(_ number: UInt64, at instant: MonotonicInstant) {
    queue.insert(.timer(number), at: max(instant, now))
  }

  private mutating func happen(_ due: Due) -> Event? {
    switch due {
    case .timer(let number): return .timer(number)
    case .report(let host, let destination, let quoted):
      guard hosts[host.index].isOpen else { return nil }
      counters.unreachableReports += 1
      return .unreachable(host, destination: destination, quoted: quoted)
    case .datagram(let datagram):
      counters.inFlight -= 1
      return arrive(datagram).map { .delivered($0) }
    }
  }
}
