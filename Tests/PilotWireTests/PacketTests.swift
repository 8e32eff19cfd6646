import PilotTesting
import PilotWire
import Testing

@Suite struct PacketTests {
  @Test(arguments: Vectors.list(\.packets))
  func vectorIsReadFieldByField(_ vector: Vectors.PacketVector) throws {
    let bytes = try bytes(hex: vector.packetHex)
    let packet = try Packet(parsing: bytes.span.raw)
    let header = packet.header
    let payload = packet.payload.copied()
    #expect(header == (try self.header(vector)))
    #expect(hex(payload) == vector.payloadHex)
  }

  @Test(arguments: Vectors.list(\.packets))
  func vectorIsWrittenByteForByte(_ vector: Vectors.PacketVector) throws {
    let payload = try bytes(hex: vector.payloadHex)
    let written = try Packet(header: header(vector), payload: payload.span.raw).encoded()
    #expect(hex(written) == vector.packetHex)
    #expect(hex(Array(written[30..<34])) == vector.checksumHex)
  }

  @Test(
    arguments: [
      ("one byte short of a header", .truncated(needed: 34, had: 33)),
      ("payload cut short", .truncated(needed: 39, had: 38)),
      ("empty", .empty), ("checksum wrong", .checksumMismatch(expected: 0x5A31_00E8, found: 0x5B31_00E8)),
      ("payload bit flipped", .checksumMismatch(expected: 0xB789_83C8, found: 0x5A31_00E8)),
      ("version 0", .unsupportedVersion(0)), ("version 2", .unsupportedVersion(2)),
      ("version 2 with a right checksum", .unsupportedVersion(2)),
    ] as [(String, WireError)])
  func rejectedVectorIsRejectedWithItsReason(_ why: String, _ reason: WireError) throws {
    let rejected = try Vectors.all.get().packetsRejected
    #expect(rejected.count == 8)
    let vector = try #require(rejected.first { $0.why == why })
    let packet = try bytes(hex: vector.hex)
    #expect(fault(packet) { (packet) throws(WireError) in _ = try Packet(parsing: packet) } == reason)
  }

  @Test func bytesBehindThePayloadAreIgnored() throws {
    let vectors = try Vectors.all.get()
    let trailing = try bytes(hex: vectors.packetsWithTrailingBytes.hex)
    let same = vectors.packets.first { $0.name == vectors.packetsWithTrailingBytes.sameAs }
    #expect(hex(try rewritten(packet: trailing)) == same?.packetHex)
  }

  @Test(arguments: Vectors.list(\.packets))
  func everyFlippedBitIsNoticed(_ vector: Vectors.PacketVector) throws {
    let packet = try bytes(hex: vector.packetHex)
    for bit in 0..<8 * packet.count {
      var damaged = packet
      damaged[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: WireError.self) { _ = try rewritten(packet: damaged) }
    }
  }

  @Test func thePayloadLengthFieldIsTheLimit() throws {
    let socket = PilotSocketAddress(address: .beacon, port: 1)
    let header = PacketHeader(protocol: .datagram, source: socket, destination: socket)
    let most = [UInt8](repeating: 0xA5, count: Packet.maximumPayloadLength)
    let written = try Packet(header: header, payload: most.span.raw).encoded()
    #expect(written.count == 65_569)
    #expect(try rewritten(packet: written) == written)
    let found = fault(most + [0]) { (payload) throws(WireError) in _ = try Packet(header: header, payload: payload) }
    #expect(found == .payloadTooLong(limit: 65_535, had: 65_536))
  }

  @Test func flagsNeverReachTheVersion() {
    #expect(PacketFlags(rawValue: 0xFF).rawValue == 0x0F)
    #expect(PacketFlags([.syn, .ack]).description == "SYN|ACK")
    #expect(PacketFlags([]).description == "-")
  }

  @Test func protocolsWithoutANameAreKept() {
    #expect(PacketProtocol(rawValue: 77).description == "protocol 77")
    #expect([PacketProtocol.stream, .datagram, .control].map(\.description) == ["stream", "datagram", "control"])
  }

  private func header(_ vector: Vectors.PacketVector) throws -> PacketHeader {
    PacketHeader(
      flags: PacketFlags(rawValue: vector.flags),
      protocol: PacketProtocol(rawValue: vector.protocol),
      source: PilotSocketAddress(address: try #require(PilotAddress(parsing: vector.src)), port: vector.srcPort),
      destination: PilotSocketAddress(address: try #require(PilotAddress(parsing: vector.dst)), port: vector.dstPort),
      sequence: vector.seq,
      acknowledgement: vector.ack,
      window: vector.window)
  }
}
