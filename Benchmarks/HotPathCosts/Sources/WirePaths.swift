import PilotWire

extension HotPath {
  static let wire: [HotPath] = [
    HotPath("relay-parse") { count, stopwatch in try relayParse(count, &stopwatch) },
    HotPath("packet-header") { count, stopwatch in try packetParse(0, count, &stopwatch) },
    HotPath("packet-parse-1200") { count, stopwatch in try packetParse(1200, count, &stopwatch) },
    HotPath("packet-write-1200") { count, stopwatch in try packetWrite(1200, count, &stopwatch) },
    HotPath("crc32-64", bytes: 64) { count, stopwatch in checksum(64, count, &stopwatch) },
    HotPath("crc32-1200", bytes: 1200) { count, stopwatch in checksum(1200, count, &stopwatch) },
    HotPath("crc32-65536", bytes: 65_536) { count, stopwatch in checksum(65_536, count, &stopwatch) },
  ]

  private static func relayParse(_ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let frames = try Samples.relays(payloadLength: 1200)
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count {
      let frame = frames.bytes(at: index)
      let relay = try Relay(parsing: frame)
      sum &+= UInt64(relay.sender.rawValue) &+ UInt64(relay.destination.rawValue) &+ UInt64(relay.payload.byteCount)
    }
    stopwatch.stop()
    return sum
  }

  private static func packetParse(_ length: Int, _ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let packets = try Samples.packets(payloadLength: length)
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count {
      let bytes = packets.bytes(at: index)
      let packet = try Packet(parsing: bytes)
      sum &+= UInt64(packet.header.sequence) &+ UInt64(packet.payload.byteCount)
    }
    stopwatch.stop()
    return sum
  }

  private static func packetWrite(_ length: Int, _ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let payloads = Samples(length: length)
    let header = try Samples.packetHeader()
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count {
      let payload = payloads.bytes(at: index)
      let packet = try Packet(header: header, payload: payload)
      let bytes = packet.encoded()
      sum &+= UInt64(bytes[33])
    }
    stopwatch.stop()
    return sum
  }

  private static func checksum(_ length: Int, _ count: Int, _ stopwatch: inout Stopwatch) -> UInt64 {
    let samples = Samples(length: length)
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count { sum &+= UInt64(CRC32.checksum(samples.bytes(at: index))) }
    stopwatch.stop()
    return sum
  }
}
