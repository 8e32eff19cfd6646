import Testing

@testable import PilotWSS

@Suite("WebSocket decoder: bounds")
struct WebSocketDecoderBoundsTests {
  @Test("A header that announces too much fails by itself, before anything is buffered")
  func refusesByHeader() {
    for length: UInt64 in [65_537, 1 << 32, (1 << 63) - 1] {
      var decoder = WebSocketDecoder(role: .client)
      var recording = Recording()
      recording.feed(RawFrame(opcode: 2, announced: length).bytes, to: &decoder)
      #expect(recording == Recording(error: .messageTooLong(limit: 65_536)))
      #expect(decoder.bufferedCapacity == 0)
    }
  }

  @Test("The default limit takes 65,536 octets and not one more")
  func defaultLimit() {
    let longest = [UInt8](repeating: 1, count: 65_536)
    #expect(Recording.of([RawFrame.binary(longest).bytes]).events == [.binary(longest)])
    #expect(Recording.of([RawFrame.binary(longest + [1]).bytes]).error == .messageTooLong(limit: 65_536))
  }

  @Test("The limit holds for the sum of the fragments, by the header of the one that exceeds it")
  func limitsFragments() {
    let start = RawFrame(opcode: 2, payload: [UInt8](repeating: 1, count: 60), isFinal: false).bytes
    let fits = RawFrame(opcode: 0, payload: [UInt8](repeating: 1, count: 40)).bytes
    #expect(Recording.of([start + fits], maximumMessageLength: 100).error == nil)
    let exceeds = RawFrame(opcode: 0, announced: 41).bytes
    #expect(Recording.of([start + exceeds], maximumMessageLength: 100).error == .messageTooLong(limit: 100))
  }

  @Test("A limit of zero takes empty messages only")
  func limitOfZero() {
    #expect(Recording.of([RawFrame.binary([]).bytes], maximumMessageLength: 0).events == [.binary([])])
    #expect(
      Recording.of([RawFrame.binary([1]).bytes], maximumMessageLength: -5).error == .messageTooLong(limit: 0))
  }

  @Test("Memory follows what has arrived, not what was announced")
  func growsWithArrival() {
    var decoder = WebSocketDecoder(role: .client)
    var recording = Recording()
    recording.feed(RawFrame(opcode: 2, payload: [1, 2, 3], announced: 65_535).bytes, to: &decoder)
    #expect(decoder.bufferedCapacity <= 256)
    recording.feed([UInt8](repeating: 0, count: 10_000), to: &decoder)
    #expect((10_003...20_006).contains(decoder.bufferedCapacity))
  }

  @Test("A large message's memory is given back when the read ends, masked or in parts")
  func shrinks() {
    let payload = [UInt8](repeating: 1, count: 65_535)
    let frame = RawFrame.binary(payload, mask: [9, 8, 7, 6]).bytes
    for cut in [frame.count, 3, 30_000] {
      var decoder = WebSocketDecoder(role: .server)
      var recording = Recording()
      recording.feed(Array(frame[..<cut]), to: &decoder)
      recording.feed(Array(frame[cut...]), to: &decoder)
      #expect(recording.events == [.binary(payload)])
      #expect(decoder.bufferedCapacity == 0, "cut at \(cut)")
    }
  }

  @Test("An error and a Close give all memory back")
  func releasesAtEnd() {
    for ending in [RawFrame.close(1000).bytes, [0x70]] {
      var decoder = WebSocketDecoder(role: .client)
      var recording = Recording()
      recording.feed(RawFrame(opcode: 2, payload: [1, 2], isFinal: false).bytes, to: &decoder)
      recording.feed(RawFrame(opcode: 9, payload: [1, 2]).bytes, to: &decoder)
      #expect(decoder.bufferedCapacity > 0)
      recording.feed(ending, to: &decoder)
      let hasEnded = decoder.hasEnded
      #expect(hasEnded)
      #expect(decoder.bufferedCapacity == 0)
    }
  }
}
