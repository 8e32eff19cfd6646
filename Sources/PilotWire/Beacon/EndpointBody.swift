/// What ``DiscoverReply`` and ``PunchCommand`` have in common: `type:1 · IP length:1 · IP:4 or 16 · port:2`.
enum EndpointBody {
  static func parse(_ frame: RawSpan, as type: BeaconMessageType) throws(WireError) -> Endpoint {
    try type.check(frame, minimumLength: 2)
    switch frame.byte(at: 1) {
    case 4:
      try frame.require(8)
      return Endpoint(ipv4Address: frame.bigEndian(at: 2), port: frame.bigEndian(at: 6))
    case 16:
      try frame.require(20)
      return Endpoint(high: frame.bigEndian(at: 2), low: frame.bigEndian(at: 10), port: frame.bigEndian(at: 18))
    case let length:
      throw .addressLength(length)
    }
  }

  static func length(_ endpoint: Endpoint) -> Int {
    endpoint.isIPv4 ? 8 : 20
  }

  @_lifetime(output: copy output)
  static func append(_ type: BeaconMessageType, _ endpoint: Endpoint, to output: inout OutputRawSpan) {
    output.append(type.rawValue)
    if let address = endpoint.ipv4Address {
      output.append(4)
      output.append(bigEndian: address)
    } else {
      output.append(16)
      output.append(bigEndian: endpoint.high)
      output.append(bigEndian: endpoint.low)
    }
    output.append(bigEndian: endpoint.port)
  }
}
