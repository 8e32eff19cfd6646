import PilotTesting
import PilotWire
import Testing

@Suite struct TunnelFrameTests {
  private var tunnel: Vectors.Tunnel {
    get throws { try Vectors.all.get().tunnel }
  }

  @Test func sealedVectorsGoBothWays() throws {
    for vector in try tunnel.sealedPILS {
      let bytes = try bytes(hex: vector.frameHex)
      guard case .sealed(let frame) = try TunnelFrame(parsing: bytes.span.raw) else {
        Issue.record("not a sealed frame")
        continue
      }
      #expect(frame.sender.rawValue == vector.sender)
      #expect(frame.nonce.prefix == UInt32(vector.noncePrefixHex, radix: 16))
      #expect(frame.nonce.counter == vector.counter)
      let ciphertext = frame.ciphertext.copied()
      let tag = frame.tag.copied()
      #expect(ciphertext.count == vector.plaintextHex.utf8.count / 2)
      #expect(Array(bytes[20...]) == ciphertext + tag)

      let sender = frame.sender
      let nonce = frame.nonce
      let written = try SealedFrame(
        sender: sender, nonce: nonce, ciphertext: ciphertext.span.raw, tag: tag.span.raw
      ).encoded()
      #expect(hex(written) == vector.frameHex)
      let header = [UInt8](rawCapacity: 20) { output in
        try? SealedFrame.writeHeader(sender: sender, nonce: nonce, into: &output)
      }
      #expect(header == Array(bytes[..<20]))
    }
  }

  @Test func keyExchangeVectorGoesBothWays() throws {
    let vector = try tunnel.keyExchangePILKHex
    let bytes = try bytes(hex: vector)
    let frame = try KeyExchange(parsing: bytes.span.raw)
    #expect(frame.sender.rawValue == 3_538_602_243)
    #expect(hex(frame.agreementKey.bytes) == (try tunnel.x25519[0].publicHex))
    #expect(hex(frame.encoded()) == vector)
  }

  @Test func authenticatedKeyExchangeVectorsGoBothWays() throws {
    let identities = try Vectors.all.get().identities
    for (index, vector) in try tunnel.authKeyExchangePILA.enumerated() {
      let bytes = try bytes(hex: vector.frameHex)
      let frame = try AuthenticatedKeyExchange(parsing: bytes.span.raw)
      #expect(frame.sender.rawValue == vector.nodeId)
      #expect(hex(frame.agreementKey.bytes) == (try tunnel.x25519[index].publicHex))
      #expect(frame.publicKey.base64 == identities[index].publicKey)
      #expect(frame.signature.bytes == Array(bytes[72...]))
      #expect(hex(frame.encoded()) == vector.frameHex)

      let signed = AuthenticatedKeyExchange.signedBytes(sender: frame.sender, agreementKey: frame.agreementKey)
      #expect(signed == Array("auth".utf8) + bytes[4..<40])
    }
  }

  @Test func punchVectorGoesBothWays() throws {
    let vector = try tunnel.punchPILPHex
    let bytes = try bytes(hex: vector)
    let frame = try Punch(parsing: bytes.span.raw)
    #expect(hex(frame.encoded()) == vector)
  }

  @Test func aPunchIsFourBytesAndWhatFollowsIsIgnored() throws {
    let longer = try bytes(hex: tunnel.punchPILPWithTrailingBytesHex)
    #expect(longer.count > 4)
    for length in 4...longer.count {
      let frame = Array(longer.prefix(length))
      #expect(try Punch(parsing: frame.span.raw).encoded() == Array("PILP".utf8))
    }
    #expect(
      fault(Array(longer.prefix(3))) { (frame) throws(WireError) in _ = try Punch(parsing: frame) }
        == .truncated(needed: 4, had: 3))
  }

  @Test func plainVectorCarriesThePacketVector() throws {
    let vectors = try Vectors.all.get()
    let bytes = try bytes(hex: vectors.tunnel.plainPILTHex)
    let frame = try PlainFrame(parsing: bytes.span.raw)
    let packet = frame.packet.copied()
    #expect(hex(packet) == vectors.packets.first { $0.name == "datagram" }?.packetHex)
    #expect(hex(PlainFrame(packet: packet.span.raw).encoded()) == vectors.tunnel.plainPILTHex)
  }

  @Test func anyKindIsToldByItsMagic() throws {
    let frames = try [
      tunnel.plainPILTHex, tunnel.sealedPILS[0].frameHex, tunnel.keyExchangePILKHex,
      tunnel.authKeyExchangePILA[0].frameHex,
      tunnel.punchPILPHex,
    ]
    for (text, magic) in zip(frames, TunnelMagic.allCases) {
      let frame = try bytes(hex: text)
      let found = try TunnelFrame(parsing: frame.span.raw).magic
      #expect(found == magic)
      #expect(hex(try rewritten(tunnelFrame: frame)) == text)
    }
  }

  /// The other rejected vectors are well-formed: only a key can tell that they are forged.
  @Test(
    arguments: [
      ("PILS tag wrong", nil), ("PILS sender id changed (it is authenticated)", nil),
      ("PILS shorter than id+nonce+tag", .truncated(needed: 36, had: 35)), ("PILA signed by another key", nil),
      ("PILA one byte short", .truncated(needed: 136, had: 135)), ("unknown magic", .unknownMagic(0x5049_4C58)),
    ] as [(String, WireError?)])
  func rejectedVectorIsRejectedWhereTheFormatTells(_ why: String, _ reason: WireError?) throws {
    let rejected = try tunnel.rejected
    #expect(rejected.count == 6)
    let vector = try #require(rejected.first { $0.why == why })
    let frame = try bytes(hex: vector.hex)
    #expect(fault(frame) { (frame) throws(WireError) in _ = try TunnelFrame(parsing: frame) } == reason)
  }

  @Test func senderZeroIsRefused() throws {
    for vector in try [
      tunnel.sealedPILS[0].frameHex, tunnel.keyExchangePILKHex, tunnel.authKeyExchangePILA[0].frameHex,
    ] {
      var frame = try bytes(hex: vector)
      frame.replaceSubrange(4..<8, with: [0, 0, 0, 0])
      #expect(fault(frame) { (frame) throws(WireError) in _ = try TunnelFrame(parsing: frame) } == .nodeIDZero)
    }
  }

  @Test func aFrameReadAsAnotherKindIsRefused() throws {
    let frame = try bytes(hex: tunnel.punchPILPHex)
    let expected = WireError.unexpectedMagic(expected: 0x5049_4C54, found: 0x5049_4C50)
    #expect(fault(frame) { (frame) throws(WireError) in _ = try PlainFrame(parsing: frame) } == expected)
  }

  @Test func aTagOfAnotherLengthIsRefused() throws {
    let node = try #require(NodeID(1))
    let tag = [UInt8](repeating: 0, count: 15)
    let found = fault(tag) { (tag) throws(WireError) in
      _ = try SealedFrame(sender: node, nonce: TunnelNonce(prefix: 1, counter: 1), ciphertext: tag, tag: tag)
    }
    #expect(found == .wrongLength(expected: 16, had: 15))
  }
}
