import PilotWire

/// Reads numbers from the front of a message, in network byte order.
struct ByteReader: ~Escapable {
  private var rest: RawSpan

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func next<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self
  ) throws(HandoverError) -> Value {
    let length = Value.bitWidth / 8
    guard rest.byteCount >= length else { throw .truncated }
    let value = rest.bigEndian(at: 0, as: Value.self)
    rest = rest.extracting(droppingFirst: length)
    return value
  }

  mutating func endpoint() throws(HandoverError) -> Endpoint {
    let (high, low, zone) = (try next(UInt64.self), try next(UInt64.self), try next(UInt32.self))
    let endpoint = Endpoint(high: high, low: low, scope: zone, port: try next())
    // IPv4 has no zones.
    guard endpoint.scope == zone else { throw .record }
    return endpoint
  }

  mutating func optionalEndpoint() throws(HandoverError) -> Endpoint? {
    switch try next(UInt8.self) {
    case 0: return nil
    case 1: return try endpoint()
    default: throw .message
    }
  }
}

/// Writes them.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ more: [UInt8]) { bytes += more }

  mutating func append(_ number: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  mutating func append(_ endpoint: Endpoint) {
    append(endpoint.high)
    append(endpoint.low)
    append(endpoint.scope)
    append(endpoint.port)
  }

  mutating func append(optional endpoint: Endpoint?) {
    append(UInt8(endpoint == nil ? 0 : 1))
    if let endpoint { append(endpoint) }
  }
}
