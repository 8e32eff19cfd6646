import PilotTesting
import PilotTransport
import PilotWire

typealias Host = SimulatedNetwork.Host
typealias Delivery = SimulatedNetwork.Delivery

extension Endpoint {
  /// 203.0.113.`number`, from a range for documentation (RFC 5737).
  static func test(_ number: UInt8, port: UInt16 = 4_000) -> Endpoint {
    Endpoint(ipv4: 203, 0, 113, number, port: port)
  }

  /// 192.168.1.`number`, what hosts behind NATs are called.
  static func inside(_ number: UInt8, port: UInt16 = 4_000) -> Endpoint {
    Endpoint(ipv4: 192, 168, 1, number, port: port)
  }
}

extension MonotonicInstant {
  static func at(_ duration: Duration) -> MonotonicInstant { start.advanced(by: duration) }
}

extension SimulatedNetwork {
  init(seed: UInt64 = 1, _ change: (inout LinkConditions) -> Void) {
    self.init(seed: seed)
    var conditions = LinkConditions()
    change(&conditions)
    setConditions(conditions)
  }

  mutating func send(_ frame: [UInt8], from host: Host, to destination: Endpoint) {
    send(frame, from: host, to: destination, at: now)
  }

  /// All that arrives until then, or until the end.
  mutating func deliveries(until end: MonotonicInstant? = nil) throws -> [Delivery] {
    var deliveries: [Delivery] = []
    while let event = try step(until: end) {
      if case .delivered(let delivery) = event { deliveries.append(delivery) }
    }
    return deliveries
  }

  /// Whether a datagram gets from one host to an endpoint, and how it looks there.
  mutating func probe(from host: Host, to destination: Endpoint) throws -> Delivery? {
    send([7], from: host, to: destination)
    return try deliveries(until: now).first
  }
}

/// Two hosts on the public network.
struct Pair {
  let alice: Host
  let bob: Host

  init(_ network: inout SimulatedNetwork) {
    alice = network.addHost(at: .test(1))
    bob = network.addHost(at: .test(2))
  }
}
