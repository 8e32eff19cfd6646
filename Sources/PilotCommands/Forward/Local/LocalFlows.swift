import PilotTransport
import PilotWire

/// A client of a forwarded port, as its datagrams show it.
struct LocalClient: Hashable, Sendable {
  /// Which of the forwarded ports it writes to.
  let rule: Int
  let address: Endpoint
  /// The address of this machine that it writes to: answers leave from there.
  let local: LocalAddress
}

/// The flows of all clients of this process, and the source port that each has: peers tell them apart by that.
///
/// Ports are 49152…65535 (wire reference, section 5: the ephemeral ones): 16,384, of which an eighth rests, so that an answer that
/// comes late finds nobody rather than another client. A flow is given up
/// when nothing has gone through it for a minute: a question of DNS is answered or given up within seconds, and WireGuard (every
/// 25 s) and QUIC (before its idle time is over, mostly 30 s) keep theirs alive. Where a client goes on after that, it gets another
/// port, and the service takes it for one that has moved, as behind any NAT.
///
/// No client address can take more of a full table than the others leave: see ``FlowTable``. All of an IPv6 /64 counts as one, since
/// one machine may have it all. Each forwarded port counts by itself: a resolver, which asks from another port each time, takes no
/// room from what goes through another forward, be it quiet.
struct LocalFlows: Sendable {
  /// What a datagram's client has come to.
  struct Assignment: Equatable, Sendable {
    /// The flow's source port.
    let port: UInt16
    /// Whether the flow is new, so that the port has to be bound.
    let isNew: Bool
    /// The port of another client's flow that had to make room: it is to be unbound.
    let given: UInt16?
  }

  /// The clients whose flows are counted together: those of one forwarded port at one address.
  struct ClientShare: Hashable, Sendable {
    private let rule: Int
    private let high: UInt64
    private let low: UInt64

    init(of client: LocalClient) {
      rule = client.rule
      high = client.address.high
      low = client.address.isIPv4 ? client.address.low : 0
    }
  }

  /// How long a flow stays that nothing goes through.
  static let idleTime: Duration = .seconds(60)
  /// The ports that flows have.
  static let portRange: ClosedRange<UInt16> = 49_152...65_535

  private var table: FlowTable<LocalClient, ClientShare>
  /// The port of each place, and the place of each port.
  private let ports: [UInt16]
  private let places: [Int32]

  /// - Parameters:
  ///   - served: Ports that this process serves itself.
  ///   - first: Which port is given first. Chosen anew for each run, it keeps answers to the run before from new flows, and strangers
  ///     from guessing.
  init(besides served: Set<UInt16> = [], first: UInt16) {
    let range = Self.portRange
    let offset = Int(first) % range.count
    ports = (0..<range.count).map { range.lowerBound + UInt16(($0 + offset) % range.count) }
      .filter { !served.contains($0) }
    var places = [Int32](repeating: SlotLinks.none, count: range.count)
    for (place, port) in ports.enumerated() { places[Int(port - range.lowerBound)] = Int32(place) }
    self.places = places
    let spare = ports.count / 8
    table = FlowTable(capacity: ports.count - spare, spare: spare, idleTime: Self.idleTime)
  }

  /// How many flows there are at most.
  var capacity: Int { table.capacity }
  /// How many flows there are.
  var count: Int { table.count }

  /// When the next flow is due to be given up.
  var deadline: MonotonicInstant? { table.deadline }

  /// A client has sent something.
  mutating func assign(_ client: LocalClient, at now: MonotonicInstant) -> Assignment {
    let opening = table.open(client, of: ClientShare(of: client), at: now)
    let port = ports[opening.place]
    guard case .opened(_, let closed) = opening else { return Assignment(port: port, isNew: false, given: nil) }
    return Assignment(port: port, isNew: true, given: closed.map { ports[$0] })
  }

  /// Something has come for a port: whose it is, if anybody's.
  mutating func answered(_ port: UInt16, at now: MonotonicInstant) -> LocalClient? {
    guard Self.portRange.contains(port) else { return nil }
    let place = Int(places[Int(port - Self.portRange.lowerBound)])
    guard let client = table.key(at: place) else { return nil }
    table.touch(place, at: now)
    return client
  }

  /// Gives up a flow that nothing has gone through. Call it until there is none.
  ///
  /// - Returns: Its port, which is to be unbound.
  mutating func expire(at now: MonotonicInstant) -> UInt16? {
    table.expire(at: now).map { ports[$0.place] }
  }

  /// Gives up a flow whose port could not be bound.
  mutating func close(_ port: UInt16) {
    guard Self.portRange.contains(port) else { return }
    table.close(Int(places[Int(port - Self.portRange.lowerBound)]))
  }
}
