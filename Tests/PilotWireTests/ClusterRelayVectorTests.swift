import PilotTesting
import PilotWire
import Testing

/// What beacons of a cluster pass on to each other, byte for byte. The keys and tags are held against the vectors by the beacon's
/// tests.
@Suite struct ClusterRelayVectorTests {
  @Test(arguments: Vectors.list(\.clusterRelay))
  func vectorsGoBothWays(_ vector: Vectors.ClusterRelayVector) throws {
    let frame = try bytes(hex: vector.hex)
    let message = try ClusterRelay(parsing: frame.span.raw)
    let (beaconID, session, counter, tag) = (message.beaconID, message.session, message.counter, message.tag.hex)
    #expect(beaconID == vector.beacon)
    #expect(session == vector.session)
    #expect(counter == UInt64(vector.counter, radix: 16))
    #expect(tag == vector.tag)
    let relay = message.relay.copied()
    #expect(hex(relay) == vector.relay)
    #expect(hex(message.encoded()) == vector.hex)
    #expect(hex(try rewritten(beaconMessage: frame)) == vector.hex)
    let type = try BeaconMessage(parsing: frame.span.raw).type
    #expect(type == .clusterRelay)
    // What it holds is a Relay, of which all the rest is.
    let longer = frame + [0]
    let length = try ClusterRelay(parsing: longer.span.raw).relay.byteCount
    #expect(length == relay.count + 1)
  }

  @Test(arguments: Vectors.list(\.clusterRelay))
  func everyPrefixIsRefusedOrShorter(_ vector: Vectors.ClusterRelayVector) throws {
    let frame = try bytes(hex: vector.hex)
    for length in 0..<frame.count {
      let prefix = Array(frame.prefix(length))
      guard length < ClusterRelay.headerLength + Relay.headerLength else {
        #expect(hex(try rewritten(beaconMessage: prefix)) == hex(prefix))
        continue
      }
      #expect(throws: WireError.self) { _ = try rewritten(beaconMessage: prefix) }
    }
  }

  @Test(arguments: Vectors.list(\.clusterRelay))
  func flippedBitsAreReadAsTheyAre(_ vector: Vectors.ClusterRelayVector) throws {
    let frame = try bytes(hex: vector.hex)
    for bit in 8..<frame.count * 8 {
      var flipped = frame
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      let read = try rewritten(beaconMessage: flipped)
      #expect(read == flipped, "bit \(bit)")
    }
  }

  @Test(
    arguments: [
      ("no end", .truncated(needed: 42, had: 41)), ("no tag", .truncated(needed: 42, had: 9)),
      ("another type", .unexpectedType(expected: 0x0F, found: 0x05)),
    ] as [(String, WireError)])
  func rejectedVectorIsRejectedWithItsReason(_ why: String, _ reason: WireError) throws {
    let vector = try #require(try Vectors.all.get().clusterRelayRejected.first { $0.why == why })
    let frame = try bytes(hex: vector.hex)
    #expect(fault(frame) { (frame) throws(WireError) in _ = try ClusterRelay(parsing: frame) } == reason)
  }

  @Test func tagsAreComparedAsAWhole() {
    let tag = ClusterTag(high: 1, low: 2)
    #expect(tag == ClusterTag(high: 1, low: 2))
    #expect(tag != ClusterTag(high: 1, low: 3))
    #expect(tag != ClusterTag(high: 0, low: 2))
    #expect(tag.hex == "00000000000000010000000000000002")
  }

  @Test func noVectorIsForgotten() {
    #expect(Vectors.list(\.clusterRelay).count == 4)
    #expect(Vectors.list(\.clusterRelayRejected).count == 3)
  }
}
