import PilotWire
import Testing

@testable import PilotWSS

@Suite("WebSocket decoder: valid streams")
struct WebSocketDecoderTests {
  /// RFC 6455, section 5.7.
  @Test("The RFC's example frames decode to what the RFC says")
  func rfcExamples() {
    let hello = Array("Hello".utf8)
    #expect(Recording.of([[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]]).events == [.text(hello)])
    let masked: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
    #expect(Recording.of([masked], role: .server).events == [.text(hello)])
    let fragments: [[UInt8]] = [[0x01, 0x03, 0x48, 0x65, 0x6c], [0x80, 0x02, 0x6c, 0x6f]]
    #expect(Recording.of(fragments).events == [.text(hello)])
    #expect(Recording.of([[0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]]).events == [.ping(hello)])
    let maskedPong: [UInt8] = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
    #expect(Recording.of([maskedPong], role: .server).events == [.pong(hello)])
    let short = [UInt8](repeating: 7, count: 256)
    #expect(Recording.of([[0x82, 0x7E, 0x01, 0x00] + short]).events == [.binary(short)])
    let long = [UInt8](repeating: 7, count: 65_536)
    let longFrame: [UInt8] = [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0] + long
    #expect(Recording.of([longFrame], maximumMessageLength: 65_536).events == [.binary(long)])
  }

  /// Every kind of frame, both length forms, fragments with control frames between them, empty payloads, a close.
  static func sampleStream(mask: [UInt8]?) -> [UInt8] {
    let frames = [
      RawFrame.text("grüß 🚀", mask: mask),
      RawFrame(opcode: 1, payload: [0xF0, 0x9F], isFinal: false, mask: mask),
      RawFrame(opcode: 9, payload: [1, 2, 3], mask: mask),
      RawFrame(opcode: 0, payload: [0x9A], isFinal: false, mask: mask),
      RawFrame(opcode: 0, payload: [], isFinal: false, mask: mask),
      RawFrame(opcode: 10, mask: mask),
      RawFrame(opcode: 0, payload: [0x80, 0x21], mask: mask),
      RawFrame.binary([], mask: mask),
      RawFrame.binary(Array(0..<130), mask: mask),
      RawFrame(opcode: 2, payload: [9], isFinal: false, mask: mask),
      RawFrame(opcode: 0, payload: [], mask: mask),
      RawFrame(opcode: 8, payload: [0x03, 0xE8] + Array("bye".utf8), mask: mask),
      RawFrame.text("never read", mask: mask),
    ]
    return frames.flatMap(\.bytes)
  }

  static let sampleEvents: [RecordedEvent] = [
    .text(Array("grüß 🚀".utf8)), .ping([1, 2, 3]), .pong([]), .text(Array("🚀!".utf8)), .binary([]),
    .binary(Array(0..<130)), .binary([9]), .close(WebSocketCloseFrame(.normal, reason: "bye")),
  ]

  @Test("Where a stream is cut makes no difference", arguments: WebSocketRole.allCases)
  func everySplitPoint(role: WebSocketRole) {
    let stream = Self.sampleStream(mask: role == .server ? [0xA1, 0x02, 0xFF, 0x7C] : nil)
    let expected = Recording(events: Self.sampleEvents)
    #expect(Recording.of([stream], role: role) == expected)
    #expect(Recording.of(stream.map { [$0] }, role: role) == expected)
    for first in 0...stream.count {
      let parts = [Array(stream[..<first]), Array(stream[first...])]
      #expect(Recording.of(parts, role: role) == expected, "cut at \(first)")
      for second in stride(from: first, through: stream.count, by: 7) {
        let parts = [Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...])]
        #expect(Recording.of(parts, role: role) == expected, "cut at \(first) and \(second)")
      }
    }
  }

  @Test("A whole unmasked message is lent from the read, at its place")
  func lendsInPlace() throws {
    let stream = RawFrame.binary([1, 2, 3]).bytes + RawFrame.binary([4, 5]).bytes
    let read = stream.span.raw
    var places: [Range<Int>?] = []
    var decoder = WebSocketDecoder(role: .client)
    try decoder.feed(read) { event in
      if case .binary(let payload) = event { places.append(read.byteOffsets(of: payload)) }
    }
    #expect(places == [2..<5, 7..<9])
    #expect(decoder.bufferedCapacity == 0)
  }

  @Test("Masked messages share one scratch buffer, and the read is left as it was")
  func reusesScratch() throws {
    let frame = RawFrame.binary([UInt8](repeating: 5, count: 1_200), mask: [1, 2, 3, 4]).bytes
    let stream = frame + frame + frame
    var decoder = WebSocketDecoder(role: .server)
    var seen: [[UInt8]] = []
    try decoder.feed(stream.span.raw) { event in
      if case .binary(let payload) = event { seen.append(payload.copiedOctets) }
    }
    #expect(seen == Array(repeating: [UInt8](repeating: 5, count: 1_200), count: 3))
    #expect(stream == frame + frame + frame)
    let capacity = decoder.bufferedCapacity
    #expect(capacity >= 1_200)
    try decoder.feed(stream.span.raw) { _ in }
    #expect(decoder.bufferedCapacity == capacity)
  }

  @Test("Nothing after a Close is looked at, not even broken frames")
  func ignoresInputAfterClose() {
    let stream = RawFrame.close(1000).bytes + [0xFF, 0xFF, 0xFF]
    let recording = Recording.of([stream, [0x70, 0x70]])
    #expect(recording == Recording(events: [.close(WebSocketCloseFrame(.normal))]))
  }

  @Test("Nothing after an error is looked at, not even valid frames, and the events before it stand")
  func ignoresInputAfterError() {
    let valid = RawFrame.binary([1]).bytes
    let recording = Recording.of([valid + [0xC2, 0x00], valid])
    #expect(recording == Recording(events: [.binary([1])], error: .reservedBits))
  }

  @Test("An empty Close has no code, and a Close may have a code alone")
  func closePayloads() {
    #expect(Recording.of([[0x88, 0x00]]).events == [.close(.empty)])
    #expect(Recording.of([[0x88, 0x02, 0x03, 0xE9]]).events == [.close(WebSocketCloseFrame(.goingAway))])
  }
}
