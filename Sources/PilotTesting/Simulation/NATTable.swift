import PilotTransport
import PilotWire

/// The mappings of one NAT.
struct NATTable: Sendable {
  private struct Key: Hashable, Sendable {
    let inside: Endpoint
    /// Nil for all.
    let remote: Endpoint?
  }

  private struct Mapping: Sendable {
    let port: UInt16
    var usedAt: MonotonicInstant
    /// Who may send, and since when nothing has gone there. Empty where anybody may.
    var permitted: [Endpoint: MonotonicInstant] = [:]
  }

  /// What becomes of a datagram from outside.
  enum Inbound: Equatable {
    case pass(to: Endpoint)
    case unmapped
    case filtered
  }

  let behavior: NATBehavior
  /// Its external address, port 0.
  var address: Endpoint
  private var mappings: [Key: Mapping] = [:]
  private var owners: [UInt16: Key] = [:]
  private var nextPort: UInt16

  init(_ behavior: NATBehavior, at address: Endpoint, random: inout SeededRandom) {
    self.behavior = behavior
    self.address = address.withPort(0)
    nextPort = UInt16.random(in: behavior.ports, using: &random)
  }

  /// The external source of what `inside` sends to `remote`, or nil when all ports are taken.
  mutating func outbound(from inside: Endpoint, to remote: Endpoint, at now: MonotonicInstant) -> Endpoint? {
    let key = Key(inside: inside, remote: behavior.mapping.key(of: remote))
    if let known = mappings[key], !isLive(known.usedAt, at: now) { remove(key) }
    var mapping: Mapping
    if let known = mappings[key] {
      mapping = known
    } else {
      guard let port = takePort(at: now) else { return nil }
      mapping = Mapping(port: port, usedAt: now)
      owners[port] = key
    }
    mapping.usedAt = now
    if let permission = behavior.filtering.key(of: remote) {
      if mapping.permitted[permission] == nil {
        mapping.permitted = mapping.permitted.filter { isLive($0.value, at: now) }
      }
      mapping.permitted[permission] = now
    }
    mappings[key] = mapping
    return address.withPort(mapping.port)
  }

  /// Where to `port` leads for somebody outside.
  mutating func inbound(to port: UInt16, from remote: Endpoint, at now: MonotonicInstant) -> Inbound {
    guard let key = owners[port], let mapping = mappings[key], isLive(mapping.usedAt, at: now) else {
      return .unmapped
    }
    if let permission = behavior.filtering.key(of: remote) {
      guard let since = mapping.permitted[permission], isLive(since, at: now) else { return .filtered }
      if behavior.refreshesOnInbound { mappings[key]?.permitted[permission] = now }
    }
    if behavior.refreshesOnInbound { mappings[key]?.usedAt = now }
    return .pass(to: key.inside)
  }

  /// Who is behind `port`, whether or not anybody may send there.
  func owner(of port: UInt16) -> Endpoint? {
    owners[port]?.inside
  }

  /// The external endpoint that `remote` sees of `inside`, if there is one.
  func external(of inside: Endpoint, towards remote: Endpoint, at now: MonotonicInstant) -> Endpoint? {
    guard let mapping = mappings[Key(inside: inside, remote: behavior.mapping.key(of: remote))],
      isLive(mapping.usedAt, at: now)
    else { return nil }
    return address.withPort(mapping.port)
  }

  /// Forgets the mappings of one internal endpoint, or all.
  mutating func forget(_ inside: Endpoint? = nil) {
    for key in mappings.keys where inside == nil || key.inside == inside { remove(key) }
  }

  private mutating func remove(_ key: Key) {
    guard let mapping = mappings.removeValue(forKey: key) else { return }
    owners[mapping.port] = nil
  }

  /// The next port that is free, or whose mapping is over.
  private mutating func takePort(at now: MonotonicInstant) -> UInt16? {
    for _ in behavior.ports {
      let port = nextPort
      nextPort = port == behavior.ports.upperBound ? behavior.ports.lowerBound : port + 1
      guard let owner = owners[port] else { return port }
      if let mapping = mappings[owner], isLive(mapping.usedAt, at: now) { continue }
      remove(owner)
      return port
    }
    return nil
  }

  private func isLive(_ usedAt: MonotonicInstant, at now: MonotonicInstant) -> Bool {
    now < usedAt.advanced(by: behavior.idleTimeout)
  }
}

extension Endpoint {
  /// The same address with another port.
  func withPort(_ port: UInt16) -> Endpoint {
    Endpoint(high: high, low: low, scope: scope, port: port)
  }
}
