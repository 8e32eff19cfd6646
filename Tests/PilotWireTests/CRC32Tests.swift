import PilotTesting
import PilotWire
import Testing

@Suite struct CRC32Tests {
  @Test(
    arguments: [
      ("", 0), ("a", 0xE8B7_BE43), ("123456789", 0xCBF4_3926),
      ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
    ] as [(String, UInt32)])
  func theStandardsCheckValueComesOut(_ text: String, _ checksum: UInt32) {
    #expect(CRC32.checksum(Array(text.utf8).span.raw) == checksum)
  }

  @Test func agreesWithTheBitwiseDefinitionAtEveryLengthAndAlignment() {
    var generator = SeededRandom(seed: 3)
    let data = generator.bytes(400)
    for start in 0..<16 {
      for end in start..<start + 300 {
        let slice = Array(data[start..<end])
        let found = CRC32.checksum(data.span.raw.extracting(start..<end))
        #expect(found == bitwise(slice))
      }
    }
  }

  @Test func continuesAcrossAnySplit() {
    var generator = SeededRandom(seed: 4)
    let data = generator.bytes(200)
    let whole = CRC32.checksum(data.span.raw)
    for split in 0...data.count {
      let first = CRC32.checksum(data.span.raw.extracting(first: split))
      #expect(CRC32.update(first, with: data.span.raw.extracting(droppingFirst: split)) == whole)
    }
  }

  private func bitwise(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0xEDB8_8320) }
    }
    return ~crc
  }
}
