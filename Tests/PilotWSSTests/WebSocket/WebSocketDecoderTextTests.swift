import PilotTesting
import PilotWire
import Testing

@testable import PilotWSS

@Suite("WebSocket decoder: text")
struct WebSocketDecoderTextTests {
  static let invalid: [[UInt8]] = [
    [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF],  // a lone continuation, overlong forms of two octets
    [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],  // longer ones
    [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],  // surrogates
    [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],  // beyond U+10FFFF
    [0xC3, 0x41], [0xE2, 0x82, 0x41], [0xF0, 0x9F, 0x9A, 0x41], [0xC3, 0xC3],  // cut short by the next scalar
  ]

  static let valid: [[UInt8]] = [
    [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
    [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
  ]

  @Test("Invalid UTF-8 is refused at any place of a text, whole or in fragments", arguments: invalid)
  func refusesInvalid(sequence: [UInt8]) {
    for prefix in [0, 1, 7, 8, 9, 31] {
      let text = [UInt8](repeating: 0x41, count: prefix) + sequence + [UInt8](repeating: 0x42, count: 10)
      #expect(Recording.of([RawFrame(opcode: 1, payload: text).bytes]) == Recording(error: .textNotUTF8))
      let fragments = text.map { RawFrame(opcode: 0, payload: [$0], isFinal: false).bytes }
      let stream = RawFrame(opcode: 1, isFinal: false).bytes + fragments.joined()
      #expect(Recording.of([stream]) == Recording(error: .textNotUTF8))
    }
  }

  @Test("The ends of every valid range are accepted", arguments: valid)
  func acceptsValid(sequence: [UInt8]) {
    #expect(Recording.of([RawFrame(opcode: 1, payload: sequence).bytes]).events == [.text(sequence)])
    let fragments = sequence.map { RawFrame(opcode: 0, payload: [$0], isFinal: false).bytes }
    let stream = RawFrame(opcode: 1, isFinal: false).bytes + fragments.joined() + RawFrame(opcode: 0).bytes
    #expect(Recording.of([stream]).events == [.text(sequence)])
  }

  @Test("A text must not end within a scalar")
  func refusesIncomplete() {
    for sequence: [UInt8] in [[0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x9A]] {
      #expect(Recording.of([RawFrame(opcode: 1, payload: sequence).bytes]).error == .textNotUTF8)
    }
  }

  @Test("An invalid octet fails a text at once, though the frame isn't complete")
  func failsFast() {
    let bytes = RawFrame(opcode: 1, payload: Array("abc".utf8) + [0xED, 0xA0], announced: 1_000).bytes
    #expect(Recording.of([bytes.dropLast()]).error == nil)
    #expect(Recording.of([bytes]).error == .textNotUTF8)
    #expect(Recording.of(bytes.map { [$0] }).error == .textNotUTF8)
  }

  @Test("Binary messages may hold anything, also right after an unfinished scalar in a text before")
  func binaryIsNotChecked() {
    let stream = RawFrame.text("é").bytes + RawFrame.binary([0xC3]).bytes + RawFrame.binary([0xFF, 0xFE]).bytes
    #expect(Recording.of([stream]).events == [.text([0xC3, 0xA9]), .binary([0xC3]), .binary([0xFF, 0xFE])])
  }

  @Test("The validator agrees with the standard library on every prefix of random octets")
  func validatorAgainstModel() {
    var generator = SeededRandom(seed: 5)
    let alphabet: [UInt8] = [
      0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5,
    ]
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      var validator = UTF8Validator()
      var isValid = true
      while isValid, bytes.count < 8 {
        bytes.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
        isValid = validator.accept(bytes.span.raw.extracting(last: 1))
        #expect(isValid == WebSocketModelDecoder.canBecomeUTF8(bytes), "\(bytes)")
        if isValid { #expect(validator.isComplete == WebSocketModelDecoder.isUTF8(bytes), "\(bytes)") }
      }
    }
  }
}
