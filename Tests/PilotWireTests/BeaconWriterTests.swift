import PilotWire
import Testing

@Suite struct BeaconWriterTests {
  @Test func headerAndPayloadMakeTheWholeFrame() throws {
    let sender = try #require(NodeID(0xD2EA_C903))
    let destination = try #require(NodeID(0x2C5D_6BAF))
    let payload: [UInt8] = [1, 2, 3]

    let whole = Relay(sender: sender, destination: destination, payload: payload.span.raw).encoded()
    #expect(
      try written(9) { (output) throws(WireError) in
        try Relay.writeHeader(sender: sender, destination: destination, into: &output)
      } + payload == whole)

    let delivered = RelayDeliver(sender: sender, payload: payload.span.raw).encoded()
    #expect(
      try written(5) { (output) throws(WireError) in
        try RelayDeliver.writeHeader(sender: sender, into: &output)
      } + payload == delivered)

    let deliveredDest = RelayDeliverDest(sender: sender, destination: destination, payload: payload.span.raw).encoded()
    #expect(
      try written(9) { (output) throws(WireError) in
        try RelayDeliverDest.writeHeader(sender: sender, destination: destination, into: &output)
      } + payload == deliveredDest)
  }

  @Test func headerNeedsItsRoomAndWritesNothingWithoutIt() throws {
    let node = try #require(NodeID(1))
    #expect(throws: WireError.noRoom(needed: 9, had: 8)) {
      try written(8) { (output) throws(WireError) in
        try Relay.writeHeader(sender: node, destination: node, into: &output)
      }
    }
    #expect(throws: WireError.noRoom(needed: 5, had: 4)) {
      try written(4) { (output) throws(WireError) in try RelayDeliver.writeHeader(sender: node, into: &output) }
    }
    #expect(throws: WireError.noRoom(needed: 9, had: 0)) {
      try written(0) { (output) throws(WireError) in
        try RelayDeliverDest.writeHeader(sender: node, destination: node, into: &output)
      }
    }
  }

  @Test func everyMessageNeedsExactlyItsLength() throws {
    let node = try #require(NodeID(7))
    let key = try PublicKey(bytes: [UInt8](repeating: 3, count: 32).span.raw)
    let signature = try Signature(bytes: [UInt8](repeating: 4, count: 64).span.raw)
    let grant = PunchGrant(expiry: 5, signature: signature)
    let v6 = Endpoint(high: 1, low: 2, port: 3)
    try checkRoom(Discover(node: node))
    try checkRoom(Discover(node: node, publicKey: key))
    try checkRoom(Discover(node: node, publicKey: key, wantsDestination: true))
    try checkRoom(DiscoverReply(endpoint: .wssLocal))
    try checkRoom(PunchCommand(endpoint: v6))
    try checkRoom(PunchRequest(requester: node, target: node, grant: grant))
    try checkRoom(SyncAnnouncement(beaconID: 1, nodeIDs: [node, node]))
    try checkRoom(Notify.handshakeWaiting)
    try checkRoom(Punch())
  }

  @Test func syncHoldsWhatFitsIntoADatagram() throws {
    let node = try #require(NodeID(0xFFFF_FFFF))
    let most = [NodeID](repeating: node, count: SyncAnnouncement.maximumCount)
    let frame = try SyncAnnouncement(beaconID: 1, nodeIDs: most).encoded()
    #expect(frame.count <= FrameLimits.maximumOverUDPv4)
    let read = try Sync(parsing: frame.span.raw)
    var nodes: [NodeID] = []
    read.forEach { nodes.append($0) }
    #expect(nodes == most)
    #expect(nodes.count == 16_375)
    #expect(throws: WireError.payloadTooLong(limit: 65_500, had: 65_504)) {
      try SyncAnnouncement(beaconID: 1, nodeIDs: most + [node])
    }
  }

  private func checkRoom(_ message: some FrameEncodable) throws {
    let length = message.encodedLength
    #expect(message.encoded().count == length)
    let tight = try written(length) { (output) throws(WireError) in try message.write(into: &output) }
    #expect(tight == message.encoded())
    #expect(throws: WireError.noRoom(needed: length, had: length - 1)) {
      try written(length - 1) { (output) throws(WireError) in try message.write(into: &output) }
    }
  }

  /// What `write` puts into a buffer of `room` bytes. Checks that a write that fails leaves nothing behind.
  private func written(
    _ room: Int, _ write: (inout OutputRawSpan) throws(WireError) -> Void
  ) throws(WireError) -> [UInt8] {
    var fault: WireError?
    let bytes = [UInt8](rawCapacity: room) { output in
      do throws(WireError) {
        try write(&output)
      } catch {
        fault = error
      }
    }
    if let fault {
      #expect(bytes.isEmpty)
      throw fault
    }
    return bytes
  }
}
