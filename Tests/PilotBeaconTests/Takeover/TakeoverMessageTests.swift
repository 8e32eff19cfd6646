import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// What beacons say to each other in a takeover: round trips, what is cut off, and what is flipped.
struct TakeoverMessageTests {
  private static let now: UInt64 = 1_000_000_000_000
  private static let locals = 3

  private static let record = RegistrationRecord(
    node: .test(7),
    registration: Registration(
      at: Endpoint(ipv4: 192, 0, 2, 1, port: 4_000), local: LocalAddress(index: 2),
      flags: [.proven, .answered, .wantsDestination], since: now - 5, heardAt: now - 1,
      expiresAt: now + 600_000_000_000,
      credit: 4_096),
    hasProven: true, key: 0x0102_0304_0506_0708)

  private static let messages: [TakeoverMessage] = {
    var offer = TakeoverOffer(beaconID: 0x0102_0300, udp: .any(port: 9_001), udpSockets: 2)
    let plain = offer
    offer.wss = .any(port: 443)
    offer.http = Endpoint(ipv4: 127, 0, 0, 1, port: 9_100)
    var tally = TableTally()
    let bytes: [UInt8] = [1, 2, 3]
    tally.count(bytes.span.raw, records: 3)
    return [
      .hello, .offer(plain), .offer(offer), .accept([.udp, .table]), .descriptors(.wss), .copied(tally), .ready,
      .yours(tally), .reading, .done, .resumed, .busy,
    ]
  }()

  private static let pieces: [TablePiece] = [
    .locals([Endpoint(ipv4: 192, 0, 2, 9, port: 0), Endpoint(high: 1, low: 2, scope: 3, port: 0)]),
    .registered([record, RegistrationRecord(node: .test(8), registration: record.registration, hasProven: false)]),
    .absent([(node: .test(9), hasProven: true), (node: .test(10), hasProven: false)]),
    .peers([
      (
        connection: UInt64(4),
        peer: PeerLinkMessage.Peer(
          node: .test(11), isOwn: true, wantsDestination: false, remote: record.registration.endpoint)
      )
    ]),
  ]

  private static func piece(_ bytes: [UInt8]) throws(HandoverError) -> TablePiece {
    try TablePiece(parsing: bytes.span.raw, locals: locals, now: now)
  }

  @Test func whatIsWrittenIsRead() throws {
    for message in Self.messages {
      let bytes = message.encoded()
      #expect(try TakeoverMessage(parsing: bytes.span.raw) == message)
    }
    for piece in Self.pieces {
      let bytes = piece.encoded()
      #expect(try Self.piece(bytes) == piece)
      #expect(try TakeoverMessage(parsing: bytes.span.raw) == .piece)
    }
  }

  @Test func aRecordHasItsLayout() {
    let bytes = TablePiece.registered([Self.record]).encoded()
    #expect(bytes.count == 1 + RegistrationRecord.length)
    #expect(Array(bytes[1..<9]) == [0, 0, 0, 7, 0b1000_1011, 2, 0x0F, 0xA0])
    #expect(Array(bytes.suffix(8)) == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test func everyPrefixIsRefused() {
    for message in Self.messages {
      let bytes = message.encoded()
      for count in 0..<bytes.count {
        let prefix = Array(bytes.prefix(count))
        #expect(throws: HandoverError.self, "\(message), \(count)") { try TakeoverMessage(parsing: prefix.span.raw) }
      }
    }
    // A list may be shorter by whole entries; how many there are in all stands elsewhere.
    for piece in Self.pieces {
      let bytes = piece.encoded()
      let length = (bytes.count - 1) / piece.count
      for count in 1..<bytes.count where (count - 1) % length != 0 {
        #expect(throws: HandoverError.self) { try Self.piece(Array(bytes.prefix(count))) }
      }
    }
  }

  @Test func somethingBehindAMessageIsRefused() {
    for message in Self.messages {
      let bytes = message.encoded() + [0]
      #expect(throws: HandoverError.self, "\(message)") { try TakeoverMessage(parsing: bytes.span.raw) }
    }
  }

  /// Nothing traps, nothing reads as what was written, and whatever is taken can be written again as it stands.
  @Test func aFlippedBitIsRefusedOrSomethingElse() throws {
    for piece in Self.pieces {
      let bytes = piece.encoded()
      for bit in 8..<bytes.count * 8 {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << (bit % 8)
        guard let read = try? Self.piece(flipped) else { continue }
        #expect(read != piece)
        let again = try Self.piece(read.encoded())
        #expect(again == read)
      }
    }
    for message in Self.messages {
      let bytes = message.encoded()
      for bit in 0..<bytes.count * 8 {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << (bit % 8)
        #expect((try? TakeoverMessage(parsing: flipped.span.raw)) != message)
      }
    }
  }

  @Test func theSumNoticesEachBit() {
    let bytes = TablePiece.registered([Self.record]).encoded()
    var whole = TableTally()
    whole.count(bytes.span.raw, records: 1)
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      var other = TableTally()
      other.count(flipped.span.raw, records: 1)
      #expect(other != whole)
    }
  }

  /// A record's bytes, with one of its fields changed.
  private static func changed(_ offset: Int, to bytes: [UInt8]) -> [UInt8] {
    var record = TablePiece.registered([Self.record]).encoded()
    record.replaceSubrange(1 + offset..<1 + offset + bytes.count, with: bytes)
    return record
  }

  @Test(
    arguments: [
      (0, [0, 0, 0, 0]),  // node 0
      (4, [0x20]), (4, [0x40]),  // flags that none has
      (5, [4]),  // an address of this machine that has no number
      (6, [0, 0]),  // port 0
      (16, [0, 0, 0xFF, 0xFF, 0, 0, 0, 0]),  // 0.0.0.0
      (28, [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),  // registered in the future
      (36, [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),  // heard in the future
    ] as [(Int, [UInt8])])
  func whatCanNotBeIsRefused(_ offset: Int, _ bytes: [UInt8]) {
    #expect(throws: HandoverError.record) { try Self.piece(Self.changed(offset, to: bytes)) }
  }

  @Test func moreAddressesThanThereAreNumbersAreRefused() {
    let bytes = TablePiece.locals([Endpoint](repeating: .any(port: 0), count: 10)).encoded()
    #expect(throws: HandoverError.record) { try TablePiece(parsing: bytes.span.raw, locals: 250, now: Self.now) }
    #expect(throws: Never.self) { try TablePiece(parsing: bytes.span.raw, locals: 245, now: Self.now) }
  }
}
