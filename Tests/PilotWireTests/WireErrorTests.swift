import PilotWire
import Testing

@Suite struct WireErrorTests {
  @Test(
    arguments: [
      .empty, .truncated(needed: 4, had: 1), .wrongLength(expected: 32, had: 31), .unknownType(0x0F),
      .unexpectedType(expected: 5, found: 6), .unknownMagic(0x5049_4C58), .unexpectedMagic(expected: 1, found: 2),
      .nodeIDZero, .addressLength(5), .checksumMismatch(expected: 1, found: 2), .unsupportedVersion(2),
      .payloadTooLong(limit: 1, had: 2), .noRoom(needed: 2, had: 1), .malformedJSON(.unexpectedByte(0x2C), offset: 3),
      .malformedJSON(.tooDeep(limit: 16), offset: 3), .malformedJSON(.duplicateKey("a"), offset: 3),
      .missingMember("type"), .invalidMember("ts"),
    ] as [WireError])
  func descriptionIsOneSentence(_ error: WireError) {
    let text = error.description
    #expect(text.count > 10 && !text.hasSuffix(".") && !text.contains("\n"))
  }

  @Test func numbersOfTheWireAreNamedInHex() {
    #expect(WireError.unknownType(0x0F).description == "no beacon message has the type 0x0f")
    #expect(WireError.unknownMagic(0x5049_4C58).description == "no tunnel frame starts with 0x50494c58")
    #expect(
      WireError.truncated(needed: 4, had: 1).description == "the input is cut short: 4 bytes are needed, and 1 came")
  }
}
