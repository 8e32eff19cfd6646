import PilotTesting
import PilotWire
import Testing

/// This project's own notice that a destination isn't there, byte for byte.
@Suite struct GoneVectorTests {
  @Test(arguments: Vectors.list(\.gone))
  func vectorsGoBothWays(_ vector: Vectors.GoneVector) throws {
    let frame = try bytes(hex: vector.hex)
    let gone = try Gone(parsing: frame.span.raw)
    #expect(gone.destination.rawValue == vector.destination)
    #expect(gone.reason.rawValue == vector.reason)
    #expect((gone.reason == .hasJustGone) == vector.hasJustGone)
    #expect(hex(gone.encoded()) == vector.hex)
    #expect(hex(try rewritten(beaconMessage: frame)) == vector.hex)
    let trailing = frame + [0]
    #expect(try Gone(parsing: trailing.span.raw) == gone)
    let type = try BeaconMessage(parsing: frame.span.raw).type
    #expect(type == .gone)
  }

  @Test(arguments: Vectors.list(\.gone))
  func everyPrefixIsRefused(_ vector: Vectors.GoneVector) throws {
    let frame = try bytes(hex: vector.hex)
    for length in 0..<frame.count {
      let prefix = Array(frame.prefix(length))
      #expect(throws: WireError.self) { try Gone(parsing: prefix.span.raw) }
    }
  }

  @Test(arguments: Vectors.list(\.gone))
  func flippedBitsAreReadAsTheyAre(_ vector: Vectors.GoneVector) throws {
    let frame = try bytes(hex: vector.hex)
    for bit in 8..<frame.count * 8 {
      var flipped = frame
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(try Gone(parsing: flipped.span.raw).encoded() == flipped, "bit \(bit)")
    }
  }

  @Test(
    arguments: [
      ("no reason", .truncated(needed: 6, had: 5)), ("node 0", .nodeIDZero),
      ("another type", .unexpectedType(expected: 0x0D, found: 0x0E)),
    ] as [(String, WireError)])
  func rejectedVectorIsRejectedWithItsReason(_ why: String, _ reason: WireError) throws {
    let vector = try #require(try Vectors.all.get().goneRejected.first { $0.why == why })
    let frame = try bytes(hex: vector.hex)
    #expect(fault(frame) { (frame) throws(WireError) in _ = try Gone(parsing: frame) } == reason)
  }

  @Test func noVectorIsForgotten() {
    #expect(Vectors.list(\.gone).count == 3)
    #expect(Vectors.list(\.goneRejected).count == 3)
  }
}
