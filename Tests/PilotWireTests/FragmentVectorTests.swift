import PilotTesting
import PilotWire
import Testing

/// This project's own packets of protocol 4, byte for byte.
@Suite struct FragmentVectorTests {
  @Test(arguments: Vectors.list(\.fragments))
  func vectorsGoBothWays(_ vector: Vectors.FragmentVector) throws {
    let frame = try bytes(hex: vector.packetHex)
    let packet = try Packet(parsing: frame.span.raw)
    let place = try #require(FragmentPlace(packet.header, payloadLength: packet.payload.byteCount))
    #expect(place.number == vector.number)
    #expect(place.index == vector.index)
    #expect(place.count == vector.count)
    #expect(place.length == vector.length)

    let datagram = try bytes(hex: vector.datagramHex)
    #expect(packet.payload.copied() == Array(datagram[place.range]))
    var header = packet.header
    (header.protocol, header.sequence, header.acknowledgement, header.window) = (.datagram, 0, 0, 0)
    let room = (vector.length + vector.count - 1) / vector.count
    let places = try #require(
      FragmentPlace.places(ofDatagram: vector.number, length: vector.length, room: room))
    #expect(places.count == vector.count)
    #expect(places[vector.index] == place)
    let written = try Packet(header: place.header(of: header), payload: packet.payload).encoded()
    #expect(hex(written) == vector.packetHex)
  }

  @Test(arguments: Vectors.list(\.fragmentsRejected))
  func wrongOnesAreNone(_ vector: Vectors.Rejected) throws {
    let frame = try bytes(hex: vector.hex)
    let packet = try Packet(parsing: frame.span.raw)
    let isFragment = packet.header.protocol == .fragment
    let place = isFragment ? FragmentPlace(packet.header, payloadLength: packet.payload.byteCount) : nil
    #expect(place == nil)
  }

  @Test(arguments: Vectors.list(\.fragmentOffers))
  func offersGoBothWays(_ vector: Vectors.OfferVector) throws {
    let frame = try bytes(hex: vector.packetHex)
    let packet = try Packet(parsing: frame.span.raw)
    let offer = try #require(FragmentOffer(packet.header, payloadLength: packet.payload.byteCount))
    #expect(offer == FragmentOffer(longest: vector.longest, isQuestion: vector.isQuestion))
    #expect(FragmentPlace(packet.header, payloadLength: 0) == nil)
    let header = offer.header(from: packet.header.source.address, to: packet.header.destination.address)
    #expect(hex(try Packet(header: header, payload: RawSpan()).encoded()) == vector.packetHex)
  }

  @Test(
    "the fragments of a datagram are all of it, in order, and none is longer than there is room",
    arguments: [1, 2, 9, 600])
  func places(room: Int) throws {
    for length in 0...room * 66 {
      guard let places = FragmentPlace.places(ofDatagram: 1, length: length, room: room) else {
        #expect(length <= room || length > room * FragmentPlace.countLimit || length > Packet.maximumPayloadLength)
        continue
      }
      var end = 0
      for place in places {
        #expect(place.range.lowerBound == end && !place.range.isEmpty && place.range.count <= room)
        end = place.range.upperBound
      }
      #expect(end == length)
    }
  }
}
