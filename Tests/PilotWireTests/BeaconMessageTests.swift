import PilotTesting
import PilotWire
import Testing

@Suite struct BeaconMessageTests {
  @Test(arguments: Vectors.list(\.beaconMessages))
  func vectorIsReadFieldByField(_ vector: Vectors.BeaconVector) throws {
    let frame = try bytes(hex: vector.hex)
    let fields = vector.fields
    switch try BeaconMessage(parsing: frame.span.raw) {
    case .discover(let message):
      #expect(message.node == fields.nodeId.flatMap { NodeID($0) })
      #expect(message.publicKey?.base64 == fields.publicKey)
      #expect(message.wantsDestination == (frame[0] == 0x08))
    case .discoverReply(let message):
      #expect(message.endpoint.addressText == fields.address)
      #expect(message.endpoint.port == fields.port)
    case .punchCommand(let message):
      #expect(message.endpoint.addressText == fields.address)
      #expect(message.endpoint.port == fields.port)
    case .punchRequest(let message):
      #expect(message.requester.rawValue == fields.requester)
      #expect(message.target.rawValue == fields.target)
      #expect(message.grant?.expiry == fields.expiry)
      let text = message.grant.map {
        PunchGrant.signedText(requester: message.requester, target: message.target, expiry: $0.expiry)
      }
      #expect(text == fields.signedText)
    case .relay(let message):
      let payload = hex(message.payload.copied())
      #expect(message.sender.rawValue == fields.sender)
      #expect(message.destination.rawValue == fields.destination)
      #expect(payload == fields.payloadHex)
    case .relayDeliver(let message):
      let payload = hex(message.payload.copied())
      #expect(message.sender.rawValue == fields.sender)
      #expect(payload == fields.payloadHex)
    case .relayDeliverDest(let message):
      let payload = hex(message.payload.copied())
      #expect(message.sender.rawValue == fields.sender)
      #expect(message.destination.rawValue == fields.destination)
      #expect(payload == fields.payloadHex)
    case .sync(let message):
      var nodes: [UInt32] = []
      message.forEach { nodes.append($0.rawValue) }
      #expect(message.beaconID == fields.beaconId)
      #expect(nodes == fields.nodeIds)
    case .notify(let message):
      #expect(message.kind == fields.kind)
      #expect(message == .handshakeWaiting)
    case .discoverChallenge, .discoverProof, .gone, .drain, .clusterRelay:
      Issue.record("the deployed wire has no such message")
    }
  }

  @Test(arguments: Vectors.list(\.beaconMessages))
  func vectorIsWrittenByteForByte(_ vector: Vectors.BeaconVector) throws {
    let frame = try bytes(hex: vector.hex)
    // Vectors with bytes that mean nothing are written without them.
    let expected =
      switch vector.name {
      case "discover-with-trailing-bytes": Array(frame.prefix(5))
      case "sync-with-a-zero":
        try SyncAnnouncement(
          beaconID: 9, nodeIDs: (vector.fields.nodeIds ?? []).compactMap { NodeID($0) }
        ).encoded()
      default: frame
      }
    #expect(hex(try rewritten(beaconMessage: frame)) == hex(expected))
  }

  @Test func vectorsCoverEveryType() throws {
    let types = try Set(Vectors.all.get().beaconMessages.map { try bytes(hex: $0.hex)[0] })
    let own: [BeaconMessageType] = [.discoverChallenge, .discoverProof, .gone, .drain, .clusterRelay]
    let deployed = BeaconMessageType.allCases.filter { !own.contains($0) }
    #expect(types == Set(deployed.map(\.rawValue)))
  }

  @Test func typeIsToldByTheFirstByte() throws {
    for vector in try Vectors.all.get().beaconMessages {
      let frame = try bytes(hex: vector.hex)
      let type = try BeaconMessage(parsing: frame.span.raw).type
      #expect(type.rawValue == frame[0])
    }
  }

  @Test(
    arguments: [
      ("empty", .empty), ("discover, 3-byte id", .truncated(needed: 5, had: 4)),
      ("reply, ip length 5", .addressLength(5)), ("reply cut short", .truncated(needed: 20, had: 12)),
      ("relay, 7 header bytes", .truncated(needed: 9, had: 8)),
      ("sync, count past the end", .truncated(needed: 19, had: 11)), ("unknown type", .unknownType(0x10)),
      ("deliver, 3-byte id", .truncated(needed: 5, had: 4)),
    ] as [(String, WireError)])
  func rejectedVectorIsRejectedWithItsReason(_ why: String, _ reason: WireError) throws {
    let vector = try #require(try Vectors.all.get().beaconMessagesRejected.first { $0.why == why })
    let frame = try bytes(hex: vector.hex)
    #expect(fault(frame) { (frame) throws(WireError) in _ = try BeaconMessage(parsing: frame) } == reason)
  }

  @Test func noRejectedVectorIsForgotten() throws {
    let vectors = try Vectors.all.get().beaconMessagesRejected
    #expect(vectors.count == 8)
    for vector in vectors {
      #expect(throws: WireError.self) { _ = try rewritten(beaconMessage: bytes(hex: vector.hex)) }
    }
  }

  @Test(arguments: [
    "030000000000000001", "030000000100000000", "050000000000000001", "050000000100000000",
    "0600000000", "090000000000000001", "090000000100000000",
  ])
  func nodeIDZeroIsRefusedWhereverItStands(_ text: String) throws {
    let frame = try bytes(hex: text)
    #expect(fault(frame) { (frame) throws(WireError) in _ = try BeaconMessage(parsing: frame) } == .nodeIDZero)
  }

  @Test func discoverWithNodeZeroNamesNobody() throws {
    for frame: [UInt8] in [[0x01, 0, 0, 0, 0], [0x01, 0, 0, 0, 0] + [UInt8](repeating: 7, count: 32)] {
      #expect(try Discover(parsing: frame.span.raw).node == nil)
    }
    #expect(Discover(node: nil).encoded() == [0x01, 0, 0, 0, 0])
    #expect(Discover(node: nil, wantsDestination: true).encoded() == [0x08, 0, 0, 0, 0])
  }

  @Test(arguments: [("00000000", []), ("0000000100000000", [1]), ("000000000000000000000002", [2])])
  func zerosInASyncAreSkipped(_ list: String, _ nodes: [UInt32]) throws {
    let frame = try bytes(hex: "07000000010" + "00" + String(list.utf8.count / 8) + list)
    let sync = try Sync(parsing: frame.span.raw)
    var read: [UInt32] = []
    sync.forEach { read.append($0.rawValue) }
    let listed = sync.listedCount
    #expect(read == nodes)
    #expect(listed == list.utf8.count / 8)
  }

  @Test(arguments: ["00", "10", "50", "ff"])
  func freeTypesAreUnknown(_ text: String) throws {
    let frame = try bytes(hex: text + "0000000100000002")
    let found = fault(frame) { (frame) throws(WireError) in _ = try BeaconMessage(parsing: frame) }
    #expect(found == .unknownType(frame[0]))
  }

  @Test func aMessageReadAsAnotherTypeIsRefused() throws {
    let relay = try bytes(hex: "050000000100000002")
    let expected = WireError.unexpectedType(expected: 0x06, found: 0x05)
    #expect(fault(relay) { (frame) throws(WireError) in _ = try RelayDeliver(parsing: frame) } == expected)
    // The type is named also where the frame is too short for the type asked for.
    let sync = WireError.unexpectedType(expected: 0x07, found: 0x01)
    #expect(fault([0x01]) { (frame) throws(WireError) in _ = try Sync(parsing: frame) } == sync)
    #expect(fault([]) { (frame) throws(WireError) in _ = try Relay(parsing: frame) } == .empty)
  }

  @Test(arguments: [(31, false), (32, true), (33, true)])
  func discoverHasAKeyFrom32TrailingBytesOn(_ trailing: Int, _ hasKey: Bool) throws {
    let frame = [0x01, 0, 0, 0, 9] + [UInt8](repeating: 7, count: trailing)
    let message = try Discover(parsing: frame.span.raw)
    #expect((message.publicKey != nil) == hasKey)
  }

  @Test(arguments: [(71, false), (72, true), (73, true)])
  func punchRequestHasAGrantFrom72TrailingBytesOn(_ trailing: Int, _ hasGrant: Bool) throws {
    let frame = [0x03, 0, 0, 0, 9, 0, 0, 0, 8] + [UInt8](repeating: 7, count: trailing)
    let message = try PunchRequest(parsing: frame.span.raw)
    #expect((message.grant != nil) == hasGrant)
  }

  @Test func aMappedAddressOnTheWireIsTheIPv4Endpoint() throws {
    let frame = try bytes(hex: "0210" + "00000000000000000000ffff" + "cb00718c" + "443d")
    let message = try DiscoverReply(parsing: frame.span.raw)
    #expect(message.endpoint == Endpoint(ipv4: 203, 0, 113, 140, port: 17469))
    #expect(hex(message.encoded()) == "0204cb00718c443d")
  }
}
