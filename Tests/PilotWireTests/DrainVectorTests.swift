import PilotTesting
import PilotWire
import Testing

/// This project's own words of a beacon that is about to end, byte for byte: over UDP and over WSS.
@Suite struct DrainVectorTests {
  @Test(arguments: Vectors.list(\.drain))
  func vectorsGoBothWays(_ vector: Vectors.DrainVector) throws {
    let frame = try bytes(hex: vector.hex)
    let drain = try Drain(parsing: frame.span.raw)
    #expect(drain.node.rawValue == vector.node)
    #expect(drain.comeBack == ReturnSpan(from: vector.fromMs, until: vector.untilMs))
    #expect(hex(drain.encoded()) == vector.hex)
    #expect(hex(try rewritten(beaconMessage: frame)) == vector.hex)
    let trailing = frame + [0]
    #expect(try Drain(parsing: trailing.span.raw) == drain)
    let type = try BeaconMessage(parsing: frame.span.raw).type
    #expect(type == .drain)
  }

  @Test(arguments: Vectors.list(\.drain))
  func everyPrefixIsRefused(_ vector: Vectors.DrainVector) throws {
    let frame = try bytes(hex: vector.hex)
    for length in 0..<frame.count {
      let prefix = Array(frame.prefix(length))
      #expect(throws: WireError.self) { try Drain(parsing: prefix.span.raw) }
    }
  }

  @Test(arguments: Vectors.list(\.drain))
  func flippedBitsAreReadAsTheyAreOrRefused(_ vector: Vectors.DrainVector) throws {
    let frame = try bytes(hex: vector.hex)
    for bit in 8..<frame.count * 8 {
      var flipped = frame
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      do {
        #expect(try Drain(parsing: flipped.span.raw).encoded() == flipped, "bit \(bit)")
      } catch {
        #expect(error == .nodeIDZero || bit >= 40, "bit \(bit)")
      }
    }
  }

  @Test(
    arguments: [
      ("no end", .truncated(needed: 13, had: 12)), ("node 0", .nodeIDZero),
      ("ends before it begins", .returnSpan(from: 2, until: 1)), ("too late", .returnSpan(from: 0, until: 600_001)),
      ("another type", .unexpectedType(expected: 0x0E, found: 0x0F)),
    ] as [(String, WireError)])
  func rejectedVectorIsRejectedWithItsReason(_ why: String, _ reason: WireError) throws {
    let vector = try #require(try Vectors.all.get().drainRejected.first { $0.why == why })
    let frame = try bytes(hex: vector.hex)
    #expect(fault(frame) { (frame) throws(WireError) in _ = try Drain(parsing: frame) } == reason)
  }

  @Test(arguments: Vectors.list(\.drainNotices))
  func noticesGoBothWays(_ vector: Vectors.DrainNoticeVector) throws {
    let comeBack = try #require(ReturnSpan(from: vector.fromMs, until: vector.untilMs))
    let notice = try #require(DrainNotice(comeBack: comeBack, place: vector.to))
    #expect(notice.json == vector.text)
    #expect(try read(vector.text) == .drain(notice))
    // Whoever adds members later is understood.
    let later = vector.text.replacing("\"until_ms\"", with: "\"later\":[{}],\"until_ms\"")
    #expect(try read(later) == .drain(notice))
  }

  @Test(
    arguments: [
      ("no beginning", .missingMember("from_ms")), ("a negative time", .invalidMember("from_ms")),
      ("ends before it begins", .returnSpan(from: 2, until: 1)), ("too late", .returnSpan(from: 0, until: 600_001)),
      ("no place", .invalidMember("to")), ("a place with a space", .invalidMember("to")),
      ("a place with a line break", .invalidMember("to")), ("several places", .invalidMember("to")),
    ] as [(String, WireError)])
  func rejectedNoticeIsRejectedWithItsReason(_ why: String, _ reason: WireError) throws {
    let vector = try #require(try Vectors.all.get().drainNoticesRejected.first { $0.why == why })
    #expect(throws: reason) { try read(vector.text) }
  }

  @Test func placesAreBounded() throws {
    let comeBack = try #require(ReturnSpan(from: 0, until: 0))
    let longest = "wss://" + String(repeating: "a", count: DrainNotice.maximumPlaceLength - 6)
    let notice = try #require(DrainNotice(comeBack: comeBack, place: longest))
    #expect(try read(notice.json) == .drain(notice))
    for place in [longest + "a", "", "wss://a\"b", "wss://a\\b", "wss://ä"] {
      #expect(DrainNotice(comeBack: comeBack, place: place) == nil)
    }
    #expect(throws: WireError.invalidMember("to")) { try read(notice.json.replacing(longest, with: longest + "a")) }
  }

  @Test func noVectorIsForgotten() {
    #expect(Vectors.list(\.drain).count == 3)
    #expect(Vectors.list(\.drainRejected).count == 5)
    #expect(Vectors.list(\.drainNotices).count == 2)
    #expect(Vectors.list(\.drainNoticesRejected).count == 8)
  }

  private func read(_ text: String) throws(WireError) -> HandshakeMessage {
    try HandshakeMessage(parsing: Array(text.utf8).span.raw)
  }
}
