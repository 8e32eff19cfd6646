import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWire

@testable import PilotTunnel

/// Sealed sessions between two nodes, and what lies between them, driven by a program: each step is a byte that says what happens,
/// then what it needs.
///
/// What must hold, whatever comes: a packet is handed on only if the peer has sent it, once for each time that it was sent; and what
/// waits and is known stays within its bounds.
enum TunnelTargets {
  private enum Step: Int, CaseIterable {
    case send, deliver, lose, repeated, tampered, anyFrame, elsewhere, time, restart
  }

  static func sessions(_ input: [UInt8]) throws(Violation) -> Bool {
    var world = FuzzedTunnels()
    var reader = InputReader(input)
    while !reader.isAtEnd {
      guard let step = Step(rawValue: reader.number(below: Step.allCases.count)) else { continue }
      switch step {
      case .send: world.send(from: reader.number(below: 2), reader.number(below: 4), length: Int(reader.byte()) * 8)
      case .deliver: try world.deliver(reader.number(below: 8))
      case .lose: world.lose(reader.number(below: 8))
      case .repeated: try world.deliver(reader.number(below: 8), keeping: true)
      case .tampered:
        try world.deliver(reader.number(below: 8), flipping: Int(reader.byte()) * 8 + reader.number(below: 8))
      case .anyFrame: try world.inject(reader.block(), into: reader.number(below: 2), by: reader.number(below: 3))
      case .elsewhere: try world.deliver(reader.number(below: 8), by: reader.number(below: 3))
      case .time: try world.pass(.milliseconds(Int(reader.byte()) * Int(reader.byte())))
      case .restart: world.restart(reader.number(below: 2))
      }
    }
    return world.delivered > 0
  }

  /// Fragments of several peers: `peer · number · index · count · length:2 · bytes`, and time.
  ///
  /// What must hold: a datagram that is put together is made of what came for its places, in its length; and never is more kept
  /// than the bounds allow.
  static func fragments(_ input: [UInt8]) throws(Violation) -> Bool {
    var (reassembly, reader) = (Reassembly(), InputReader(input))
    var now = MonotonicInstant(nanoseconds: 1)
    var (begun, ended, completed) = (0, 0, 0)
    while !reader.isAtEnd {
      let choice = reader.byte()
      if choice >= 0xF0 {
        now = now.advanced(by: .milliseconds(Int(reader.byte()) * 16))
        reassembly.expire(at: now)
      } else {
        let (peer, number) = (FuzzedNode.listed[Int(choice) % 4], UInt32(reader.byte()))
        let header = PacketHeader(.fragment, from: peer, UInt16(choice >> 2), to: FuzzedNode.listed[0], 7)
        let length = Int(reader.byte()) << 8 | Int(reader.byte())
        let (index, room) = (reader.number(below: 64), max((length + 63) / 64, Int(reader.byte())))
        guard let places = FragmentPlace.places(ofDatagram: number, length: length, room: room) else { continue }
        let place = places[index % places.count]
        let part = [UInt8](repeating: UInt8(truncatingIfNeeded: place.index) ^ 0x5A, count: place.range.count)
        let outcome = reassembly.take(place, header, part.span.raw, from: peer, at: now)
        switch outcome {
        case .complete(let datagram):
          completed += 1
          guard
            datagram
              == places.flatMap({ place in
                [UInt8](repeating: UInt8(truncatingIfNeeded: place.index) ^ 0x5A, count: place.range.count)
              })
          else { throw Violation("a datagram that nobody has sent") }
        case .waiting: begun += 1
        case .repeated, .contradiction, .full: break
        }
      }
      ended += reassembly.takeGivenUp().values.reduce(0, +)
      let (datagrams, bytes) = reassembly.held
      guard datagrams <= 4 * Reassembly.perPeer, bytes <= 4 * Reassembly.bytesPerPeer else {
        throw Violation("\(datagrams) datagrams of \(bytes) bytes are kept")
      }
      guard ended <= begun else { throw Violation("more were given up than came") }
    }
    reassembly.expire(at: now.advanced(by: Reassembly.life))
    guard reassembly.held == (0, 0), reassembly.deadline == nil else { throw Violation("something is kept for ever") }
    return completed > 0
  }
}

/// Two nodes and the frames between them.
private struct FuzzedTunnels {
  private struct Flight {
    let receiver: Int
    let route: TunnelRoute
    let frame: [UInt8]
  }

  private static let addresses = [
    Endpoint(ipv4: 198, 51, 100, 1, port: 4_000), Endpoint(ipv4: 203, 0, 113, 2, port: 4_000),
  ]
  private static let longest = 4_096
  /// How many frames are under way at most; older ones are lost.
  private static let capacity = 64

  private var machines: [PeerTunnels]
  private var now = MonotonicInstant(nanoseconds: 1_000_000_000)
  private var flights: [Flight] = []
  private var started: UInt64 = 0
  /// What each has sent, and how often that may still come.
  private var sent: [[[UInt8]: Int]] = [[:], [:]]
  private var count: UInt64 = 0
  private(set) var delivered = 0

  init() {
    machines = []
    for index in 0..<2 { machines.append(Self.machine(index, 0, now)) }
  }

  private static func machine(_ index: Int, _ run: UInt64, _ now: MonotonicInstant) -> PeerTunnels {
    let random = SeededRandom(seed: UInt64(index) << 32 | run)
    let node = FuzzedNode.listed[index]
    guard let identity = FuzzedNode.identities[node] else { preconditionFailure("listed nodes have identities") }
    let sessions = TunnelMachine(id: node, identity: identity, random: random, at: now)
    return PeerTunnels(
      sessions, in: Surroundings(own: [addresses[index]]), direct: DirectPath.Configuration(), fragmentsUpTo: longest,
      random: random)
  }

  /// A node with the same key comes up again, and knows nothing: what waited at the other may have come to the one before, and comes
  /// once more.
  mutating func restart(_ index: Int) {
    started += 1
    sent[1 - index] = sent[1 - index].mapValues { $0 + 1 }
    machines[index] = Self.machine(index, started, now)
  }

  mutating func send(from index: Int, _ port: Int, length: Int) {
    count += 1
    let payload = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + [UInt8](repeating: 7, count: length)
    let (from, to) = (FuzzedNode.listed[index], FuzzedNode.listed[1 - index])
    let header = PacketHeader(.datagram, from: from, 49_152, to: to, UInt16(port))
    switch machines[index].send(header, payload.span.raw, to: to, at: now) {
    case .session(let sealer):
      guard let frame = try? sealer.sealed(header, payload.span.raw) else { break }
      sent[index][payload, default: 0] += 1
      put(frame, to: 1 - index, by: .relay)
    case .queued: sent[index][payload, default: 0] += 1
    case .dropped: break
    }
    perform(index)
  }

  private mutating func put(_ frame: [UInt8], to receiver: Int, by route: TunnelRoute) {
    if flights.count == Self.capacity { flights.removeFirst() }
    // Who gets a direct frame sees where it is from.
    let seen: TunnelRoute = route == .relay ? .relay : .direct(Self.addresses[1 - receiver])
    flights.append(Flight(receiver: receiver, route: seen, frame: frame))
  }

  private mutating func perform(_ index: Int) {
    var rounds = 0
    while rounds < 64 {
      rounds += 1
      let outputs = machines[index].takeOutputs()
      if outputs.isEmpty { return }
      for output in outputs {
        switch output {
        case .send(let frame, _, let route): put(frame, to: 1 - index, by: route)
        case .lookUp(let node):
          machines[index].learned(FuzzedNode.keys[node].map { .key($0) } ?? .unknown, of: node, at: now)
        case .requestPunch, .carry, .refused, .fragments: break
        }
      }
    }
  }

  mutating func lose(_ place: Int) {
    if flights.indices.contains(place) { flights.remove(at: place) }
  }

  mutating func deliver(
    _ place: Int, keeping: Bool = false, flipping bit: Int? = nil, by way: Int? = nil
  ) throws(Violation) {
    guard flights.indices.contains(place) else { return }
    let flight = flights[place]
    if !keeping { flights.remove(at: place) }
    var frame = flight.frame
    if let bit, !frame.isEmpty { frame[bit / 8 % frame.count] ^= 1 << UInt8(bit % 8) }
    try receive(frame, flight.receiver, by: way.map { Self.route($0) } ?? flight.route)
  }

  mutating func inject(_ frame: [UInt8], into index: Int, by way: Int) throws(Violation) {
    try receive(frame, index, by: Self.route(way))
  }

  private static func route(_ way: Int) -> TunnelRoute { way == 0 ? .relay : .direct(addresses[way - 1]) }

  private mutating func receive(_ frame: [UInt8], _ index: Int, by route: TunnelRoute) throws(Violation) {
    var memory = [UInt8](repeating: 0, count: max(frame.count, 64))
    let peer = FuzzedNode.listed[1 - index]
    var span = memory.mutableSpan
    // SAFETY: bytes have no padding.
    var bytes = unsafe span.mutableBytes
    let reception = machines[index].receive(
      frame.span.raw, by: route, relayedFor: route == .relay ? peer : nil, at: now, into: &bytes)
    perform(index)
    switch reception {
    case .packet(let sender, _, let range): try check(Array(memory[range]), from: sender, index)
    case .assembled(let sender, _, let datagram): try check(datagram, from: sender, index)
    case .probe, .echo, .life, .punch, .exchange, .fragment, .dropped: break
    }
  }

  private mutating func check(_ payload: [UInt8], from sender: NodeID, _ index: Int) throws(Violation) {
    guard sender == FuzzedNode.listed[1 - index] else { throw Violation("a packet of \(sender)'s") }
    guard let left = sent[1 - index][payload], left > 0 else { throw Violation("a packet that wasn't sent so often") }
    sent[1 - index][payload] = left - 1
    delivered += 1
  }

  mutating func pass(_ time: Duration) throws(Violation) {
    now = now.advanced(by: time)
    for index in 0..<2 {
      machines[index].tick(at: now)
      perform(index)
      _ = machines[index].setAlarm()
      guard machines[index].peers.count <= 1 else { throw Violation("sessions with \(machines[index].peers)") }
    }
  }
}
