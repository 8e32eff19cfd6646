import PilotWire

/// What two beacons of one user tell each other when one takes over from the other.
///
/// ```text
/// hello        1 · "PLTK" · version:2                                                     the new one
/// offer        2 · "PLTK" · version:2 · table:2 · record:2 · beacon:4 · sockets:2 ·
///                  udp:22 · [1 · wss:22 or 0] · [1 · http:22 or 0]                         the old one
/// accept       3 · parts:1                                                                the new one
/// descriptors  4 · part:1, with so many descriptors                                       the old one
/// locals       5 · number × (address:16 · zone:4), behind those before                    the old one
/// registered   6 · number × record:64                                                     the old one
/// absent       7 · number × (node:4 · has proven:1)                                       the old one
/// peers       15 · number × (connection:8 · peer:27), as in ``PeerLinkMessage``            the old one
/// copied       8 · records:8 · checksum:4, of all pieces before it                        the old one
/// ready        9                                                                          the new one
/// yours       10 · records:8 · checksum:4, as above                                       the old one
/// reading     11                                                                          the new one
/// done        12                                                                          the old one
/// resumed     13                                                                          the old one
/// busy        14                                                                          the old one
/// ```
///
/// An address is `high:8 · low:8 · zone:4 · port:2`. The order is ``HandoverMachine``'s and ``TakeoverMachine``'s.
enum TakeoverMessage: Equatable, Sendable {
  case hello
  case offer(TakeoverOffer)
  case accept(TakeoverParts)
  case descriptors(TakeoverParts)
  /// What follows it is read with ``TablePiece``.
  case piece
  case copied(TableTally)
  case ready
  case yours(TableTally)
  case reading
  case done
  case resumed
  case busy

  private static let magic: UInt32 = 0x504C_544B

  enum Kind: UInt8 {
    case hello = 1
    case offer, accept, descriptors, locals, registered, absent, copied, ready, yours, reading, done, resumed, busy,
      peers
  }

  /// Reads a whole message.
  init(parsing bytes: RawSpan) throws(HandoverError) {
    var reader = ByteReader(bytes)
    guard let kind = Kind(rawValue: try reader.next()) else { throw .message }
    switch kind {
    case .hello:
      try Self.check(&reader)
      self = .hello
    case .offer:
      try Self.check(&reader)
      let (table, record) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
      let (beaconID, sockets) = (try reader.next(UInt32.self), try reader.next(UInt16.self))
      var offer = TakeoverOffer(beaconID: beaconID, udp: try reader.endpoint(), udpSockets: sockets)
      (offer.table, offer.recordLength) = (table, record)
      offer.wss = try reader.optionalEndpoint()
      offer.http = try reader.optionalEndpoint()
      self = .offer(offer)
    case .accept: self = .accept(try Self.parts(&reader))
    case .descriptors: self = .descriptors(try Self.parts(&reader))
    case .locals, .registered, .absent, .peers:
      self = .piece
      return
    case .copied: self = .copied(try TableTally(&reader))
    case .yours: self = .yours(try TableTally(&reader))
    case .ready: self = .ready
    case .reading: self = .reading
    case .done: self = .done
    case .resumed: self = .resumed
    case .busy: self = .busy
    }
    guard reader.isAtEnd else { throw .message }
  }

  private static func check(_ reader: inout ByteReader) throws(HandoverError) {
    let magic = try reader.next(UInt32.self)
    guard magic == Self.magic, try reader.next(UInt16.self) == TakeoverOffer.version else { throw .message }
  }

  private static func parts(_ reader: inout ByteReader) throws(HandoverError) -> TakeoverParts {
    let parts = TakeoverParts(rawValue: try reader.next())
    guard parts.isSubset(of: .all) else { throw .message }
    return parts
  }

  /// The bytes of any but ``piece``, which a ``TablePiece`` has.
  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .hello:
      writer.append(Kind.hello.rawValue)
      writer.append(Self.magic)
      writer.append(TakeoverOffer.version)
    case .offer(let offer):
      writer.append(Kind.offer.rawValue)
      writer.append(Self.magic)
      writer.append(TakeoverOffer.version)
      writer.append(offer.table)
      writer.append(offer.recordLength)
      writer.append(offer.beaconID)
      writer.append(offer.udpSockets)
      writer.append(offer.udp)
      writer.append(optional: offer.wss)
      writer.append(optional: offer.http)
    case .accept(let parts): writer.append([Kind.accept.rawValue, parts.rawValue])
    case .descriptors(let parts): writer.append([Kind.descriptors.rawValue, parts.rawValue])
    case .piece: break
    case .copied(let tally): tally.append(.copied, to: &writer)
    case .yours(let tally): tally.append(.yours, to: &writer)
    case .ready: writer.append(Kind.ready.rawValue)
    case .reading: writer.append(Kind.reading.rawValue)
    case .done: writer.append(Kind.done.rawValue)
    case .resumed: writer.append(Kind.resumed.rawValue)
    case .busy: writer.append(Kind.busy.rawValue)
    }
    return writer.bytes
  }
}
