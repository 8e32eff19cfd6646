import Testing

@testable import PilotWSS

@Suite("WebSocket decoder: broken rules")
struct WebSocketDecoderStrictnessTests {
  /// The error, and that it comes whether the stream arrives whole or octet by octet.
  private func error(_ frames: [RawFrame], role: WebSocketRole = .client) -> WebSocketProtocolError? {
    let stream = frames.flatMap(\.bytes)
    let whole = Recording.of([stream], role: role)
    #expect(Recording.of(stream.map { [$0] }, role: role) == whole)
    return whole.error
  }

  @Test("Each reserved bit is refused", arguments: [1, 2, 4] as [UInt8], [0, 1, 2, 8, 9, 10] as [UInt8])
  func reservedBits(reserved: UInt8, opcode: UInt8) {
    #expect(error([RawFrame(opcode: opcode, reserved: reserved)]) == .reservedBits)
  }

  @Test("Each reserved opcode is refused", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
  func unknownOpcode(opcode: UInt8) {
    #expect(error([RawFrame(opcode: opcode)]) == .unknownOpcode(opcode))
  }

  @Test("A server refuses unmasked frames, a client masked ones", arguments: [0, 1, 2, 8, 9, 10] as [UInt8])
  func masking(opcode: UInt8) {
    #expect(error([RawFrame(opcode: opcode)], role: .server) == .unmaskedClientFrame)
    #expect(error([RawFrame(opcode: opcode, mask: [0, 0, 0, 0])], role: .client) == .maskedServerFrame)
  }

  @Test("Control frames are never fragments", arguments: [8, 9, 10] as [UInt8])
  func fragmentedControl(opcode: UInt8) {
    #expect(error([RawFrame(opcode: opcode, isFinal: false)]) == .fragmentedControlFrame)
  }

  @Test("Control frames carry at most 125 octets", arguments: [8, 9, 10] as [UInt8])
  func controlLength(opcode: UInt8) {
    let longest = RawFrame(opcode: opcode, payload: [3, 0xE8] + [UInt8](repeating: 65, count: 123))
    #expect(error([longest]) == nil)
    let tooLong = RawFrame(opcode: opcode, payload: [3, 0xE8] + [UInt8](repeating: 65, count: 124))
    #expect(error([tooLong]) == .controlFrameTooLong)
    #expect(error([RawFrame(opcode: opcode, lengthForm: .sixtyFourBits)]) == .controlFrameTooLong)
  }

  @Test("A length must take the shortest form", arguments: [0, 1, 125])
  func sixteenBitsForLess(length: Int) {
    let frame = RawFrame(opcode: 2, payload: [UInt8](repeating: 0, count: length), lengthForm: .sixteenBits)
    #expect(error([frame]) == .lengthNotMinimal)
  }

  @Test("64 bits of length need a length that 16 can't hold", arguments: [0, 125, 126, 65_535])
  func sixtyFourBitsForLess(length: UInt64) {
    #expect(error([RawFrame(opcode: 2, lengthForm: .sixtyFourBits, announced: length)]) == .lengthNotMinimal)
  }

  @Test("A 64-bit length's top bit must be clear", arguments: [1 << 63, .max] as [UInt64])
  func topBit(length: UInt64) {
    #expect(error([RawFrame(opcode: 2, lengthForm: .sixtyFourBits, announced: length)]) == .lengthTooLarge)
  }

  @Test("A continuation needs a message that was begun and not ended")
  func continuationWithoutStart() {
    let continuation = RawFrame(opcode: 0, payload: [1])
    #expect(error([continuation]) == .nothingToContinue)
    #expect(error([RawFrame(opcode: 0, isFinal: false)]) == .nothingToContinue)
    #expect(error([.binary([1]), continuation]) == .nothingToContinue)
    let fragmented = [RawFrame(opcode: 2, isFinal: false), continuation]
    #expect(error(fragmented) == nil)
    #expect(error(fragmented + [continuation]) == .nothingToContinue)
  }

  @Test("No new message begins inside a fragmented one", arguments: [1, 2] as [UInt8], [1, 2] as [UInt8])
  func dataInsideFragments(first: UInt8, second: UInt8) {
    let start = RawFrame(opcode: first, payload: [65], isFinal: false)
    #expect(error([start, RawFrame(opcode: second)]) == .messageUnfinished)
    #expect(error([start, RawFrame(opcode: 9), RawFrame(opcode: second, isFinal: false)]) == .messageUnfinished)
  }

  @Test("A Close payload of one octet is refused")
  func oneOctetClose() {
    #expect(error([RawFrame(opcode: 8, payload: [3])]) == .closePayloadOfOneOctet)
  }

  @Test("Exactly the codes of section 7.4 and the registry may appear in a Close")
  func closeCodes() {
    let allowed = Set(1000...1003).union(1007...1014).union(3000...4999)
    for raw in 0...UInt16.max {
      let isAllowed = allowed.contains(Int(raw))
      if (WebSocketCloseCode(rawValue: raw) != nil) != isAllowed {
        Issue.record("code \(raw)")
      }
    }
    for raw: UInt16 in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
      #expect(error([.close(raw)]) == .invalidCloseCode(raw))
    }
    for raw: UInt16 in [1000, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999] {
      #expect(error([.close(raw)]) == nil)
    }
  }

  @Test("A Close's reason must be UTF-8")
  func closeReason() {
    #expect(error([.close(1000, [0xC3])]) == .closeReasonNotUTF8)
    #expect(error([.close(1000, [0xED, 0xA0, 0x80])]) == .closeReasonNotUTF8)
    #expect(error([.close(1000, Array("grüß".utf8))]) == nil)
  }

  @Test("The errors carry the codes of section 7.4.1 and fit into a Close")
  func errorCodes() {
    #expect(WebSocketProtocolError.reservedBits.closeCode == .protocolError)
    #expect(WebSocketProtocolError.invalidCloseCode(1005).closeCode == .protocolError)
    #expect(WebSocketProtocolError.textNotUTF8.closeCode == .invalidPayload)
    #expect(WebSocketProtocolError.closeReasonNotUTF8.closeCode == .invalidPayload)
    let tooLong = WebSocketProtocolError.messageTooLong(limit: .max)
    #expect(tooLong.closeCode == .messageTooBig)
    #expect(tooLong.description.utf8.count <= WebSocketCloseFrame.reasonLimit)
  }
}
