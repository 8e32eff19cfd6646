import PilotWire
import Testing

@Suite("Bytes for whoever has no spans")
struct TextTests {
  @Test("UTF-8 becomes a string, and nothing else does")
  func text() {
    for text in ["", "hello", "grüße \u{1F44B}"] {
      let bytes = Array(text.utf8)
      #expect(String(utf8: bytes.span.raw) == text)
      #expect(bytes.span.raw.copied() == bytes)
    }
    for bytes in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x61, 0x80]] as [[UInt8]] {
      #expect(String(utf8: bytes.span.raw) == nil)
    }
  }

  @Test("a relayed array is the frame that its span makes")
  func relay() throws {
    let (sender, destination) = (try #require(NodeID(7)), try #require(NodeID(9)))
    let frame = Relay.encoded(sender: sender, destination: destination, payload: [1, 2, 3])
    #expect(frame == [5, 0, 0, 0, 7, 0, 0, 0, 9, 1, 2, 3])
  }
}
