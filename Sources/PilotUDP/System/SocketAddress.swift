internal import CPilotUDP
internal import PilotWire

extension cpilot_udp_address {
  init(_ endpoint: Endpoint) {
    self.init(high: endpoint.high, low: endpoint.low, scope: endpoint.scope, port: endpoint.port)
  }
}

extension Endpoint {
  /// A mapped source, as a dual-stack socket shows IPv4 peers, becomes an IPv4 endpoint by itself.
  init(_ address: cpilot_udp_address) {
    self.init(high: address.high, low: address.low, scope: address.scope, port: address.port)
  }

  /// Whether the address is 0.0.0.0 or ::, which no datagram can be sent to.
  var isUnspecified: Bool { high == 0 && (low == 0 || low == 0xFFFF_0000_0000) }
}
