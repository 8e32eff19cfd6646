public import PilotTransport
public import PilotWire

/// The way of a datagram.
extension SimulatedNetwork {
  struct Datagram: Sendable {
    var frame: [UInt8]
    let sentAt: MonotonicInstant
    let sender: Int
    let destination: Endpoint
    /// As the receiver sees it.
    let source: Endpoint
    /// The network on which the destination is: that behind a NAT, or nil for the public one.
    let network: Int?
  }

  /// Sends a datagram.
  ///
  /// - Parameters:
  ///   - frame: Its bytes, possibly none.
  ///   - host: Who sends it.
  ///   - destination: An endpoint of the public network, or of the sender's own behind its NAT.
  ///   - instant: When. The past counts as ``now``; a time to come doesn't bring it forward for others.
  public mutating func send(_ frame: [UInt8], from host: Host, to destination: Endpoint, at instant: MonotonicInstant) {
    let time = max(instant, now)
    counters.sent += 1
    guard hosts[host.index].isOpen else { return drop(.senderClosed) }
    switch route(from: hosts[host.index], to: destination, at: time) {
    case .nowhere(let reason): drop(reason)
    case .there(let receiver, let source, let network):
      if let receiver, isCut(from: host.index, to: receiver) { return drop(.cut) }
      let datagram = Datagram(
        frame: frame, sentAt: time, sender: host.index, destination: destination, source: source, network: network)
      cross(datagram, to: receiver)
    }
  }

  private enum Route {
    /// The receiver is nil when a NAT will have to say who it is.
    case there(receiver: Int?, source: Endpoint, network: Int?)
    case nowhere(SimulationDrop)
  }

  /// The sender's NAT, and which network the destination is on.
  private mutating func route(from sender: HostState, to destination: Endpoint, at time: MonotonicInstant) -> Route {
    var source = sender.endpoint
    if let nat = sender.nat {
      if let neighbour = places[Place(nat: nat, endpoint: destination)] {
        return .there(receiver: neighbour, source: source, network: nat)
      }
      guard let external = nats[nat].outbound(from: source, to: destination, at: time) else {
        return .nowhere(.natPortsTaken)
      }
      source = external
    }
    if let nat = natAddresses[destination.withPort(0)] {
      if nat == sender.nat, !nats[nat].behavior.hairpins { return .nowhere(.natHairpin) }
      let inside = nats[nat].owner(of: destination.port)
      return .there(
        receiver: inside.flatMap { places[Place(nat: nat, endpoint: $0)] }, source: source, network: nil)
    }
    guard let receiver = places[Place(nat: nil, endpoint: destination)] else { return .nowhere(.noRoute) }
    return .there(receiver: receiver, source: source, network: nil)
  }

  /// The link between two hosts.
  private mutating func cross(_ datagram: Datagram, to receiver: Int?) {
    let (line, conditions) = links.find(from: datagram.sender, to: receiver)
    let isTwice = conditions.duplication > 0 && random.chance(conditions.duplication)
    if isTwice { counters.duplicated += 1 }
    for _ in 0..<(isTwice ? 2 : 1) {
      switch links.pass(datagram.frame.count, over: line, conditions, at: datagram.sentAt, random: &random) {
      case .dropped(let reason): drop(reason)
      case .arrives(let time):
        counters.inFlight += 1
        let isDamaged = conditions.corruption > 0 && random.chance(conditions.corruption)
        queue.insert(.datagram(isDamaged ? damaged(datagram) : datagram), at: time)
      }
    }
  }

  /// The datagram with a bit flipped, unless it has none.
  private mutating func damaged(_ datagram: Datagram) -> Datagram {
    guard !datagram.frame.isEmpty else { return datagram }
    counters.corrupted += 1
    var damaged = datagram
    damaged.frame[Int.random(in: datagram.frame.indices, using: &random)] ^= 1 << Int.random(in: 0..<8, using: &random)
    return damaged
  }

  /// The receiver's NAT, and the receiver.
  mutating func arrive(_ datagram: Datagram) -> Delivery? {
    guard let receiver = receiver(of: datagram) else { return nil }
    if isCut(from: datagram.sender, to: receiver) {
      drop(.cut)
      return nil
    }
    guard hosts[receiver].isOpen else {
      drop(.portClosed)
      report(datagram, from: receiver)
      return nil
    }
    counters.delivered += 1
    return Delivery(
      host: Host(index: receiver), sender: Host(index: datagram.sender), source: datagram.source,
      frame: datagram.frame, sentAt: datagram.sentAt)
  }

  /// Who gets a datagram; nil when it has been dropped instead.
  private mutating func receiver(of datagram: Datagram) -> Int? {
    let (destination, source) = (datagram.destination, datagram.source)
    var place = Place(nat: datagram.network, endpoint: destination)
    if datagram.network == nil, let nat = natAddresses[destination.withPort(0)] {
      switch nats[nat].inbound(to: destination.port, from: source, at: now) {
      case .unmapped:
        drop(.natUnmapped)
        return nil
      case .filtered:
        drop(.natFiltered)
        return nil
      case .pass(let inside):
        place = Place(nat: nat, endpoint: inside)
      }
    }
    guard let receiver = places[place] else {
      drop(.noRoute)
      return nil
    }
    return receiver
  }

  /// Tells the sender that nobody receives there.
  private mutating func report(_ datagram: Datagram, from receiver: Int) {
    let conditions = links.find(from: receiver, to: datagram.sender).conditions
    guard conditions.reportsUnreachable, !isCut(from: receiver, to: datagram.sender) else { return }
    let arrival = now.advanced(by: max(conditions.delay, .zero))
    let quoted = QuotedDatagram(datagram.frame.span.raw)
    queue.insert(.report(Host(index: datagram.sender), destination: datagram.destination, quoted: quoted), at: arrival)
  }

  private mutating func drop(_ reason: SimulationDrop) {
    counters.drops[reason] += 1
  }
}
