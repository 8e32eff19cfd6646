import PilotTesting
import PilotWire
import Testing

@testable import PilotWSS

@Suite("WebSocket masking")
struct WebSocketMaskTests {
  private let key: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]

  private func masked(_ bytes: [UInt8], _ mask: WebSocketMask) -> [UInt8] {
    var buffer = WebSocketBuffer()
    buffer.append(bytes.span.raw, unmaskedBy: mask)
    return buffer.bytes.copiedOctets
  }

  private func expected(_ bytes: [UInt8], phase: Int) -> [UInt8] {
    bytes.enumerated().map { $0.element ^ key[($0.offset + phase) % 4] }
  }

  @Test("Every length from 0 to 300 and 65,535, in every phase, is XORed octet by octet with the key")
  func lengthsAndPhases() {
    var generator = SeededRandom(seed: 1)
    let mask = WebSocketMask(reading: key.span.raw, at: 0)
    for count in Array(0...300) + [65_535] {
      let bytes = generator.bytes(count)
      for phase in 0..<4 {
        let result = masked(bytes, mask.advanced(by: phase))
        #expect(result == expected(bytes, phase: phase), "\(count) octets in phase \(phase)")
        #expect(masked(result, mask.advanced(by: phase)) == bytes)
      }
    }
  }

  @Test("Source and destination may have any alignment")
  func alignments() {
    let mask = WebSocketMask(reading: key.span.raw, at: 0)
    let bytes = (0..<120).map { UInt8($0) }
    for from in 0..<16 {
      for to in 0..<16 {
        var buffer = WebSocketBuffer()
        buffer.append([UInt8](repeating: 0xEE, count: to).span.raw, unmaskedBy: nil)
        buffer.append(bytes.span.raw.extracting(droppingFirst: from), unmaskedBy: mask)
        let want = [UInt8](repeating: 0xEE, count: to) + expected(Array(bytes.dropFirst(from)), phase: 0)
        #expect(buffer.bytes.copiedOctets == want)
      }
    }
  }

  @Test("A phase is the sum of the advances, modulo four")
  func phases() {
    let mask = WebSocketMask(reading: key.span.raw, at: 0)
    #expect(mask.advanced(by: 0) == mask)
    #expect(mask.advanced(by: 4) == mask)
    #expect(mask.advanced(by: 1).advanced(by: 2) == mask.advanced(by: 3))
    #expect(mask.advanced(by: 65_535) == mask.advanced(by: 3))
    #expect(mask.advanced(by: 1) != mask)
  }

  @Test("Keys differ within a draw, from draw to draw and from pool to pool, and use all 32 bits")
  func keysAreUnpredictable() {
    var pools = [MaskingKeyPool(), MaskingKeyPool()]
    var seen: Set<[UInt8]> = []
    var ones: [UInt8] = [0, 0, 0, 0]
    var zeros: [UInt8] = [0, 0, 0, 0]
    for _ in 0..<600 {
      for index in pools.indices {
        let key = masked([0, 0, 0, 0], pools[index].next())
        seen.insert(key)
        for octet in 0..<4 {
          ones[octet] |= key[octet]
          zeros[octet] |= ~key[octet]
        }
      }
    }
    // Among 1,200 of 2^32 keys, two are the same in one run of 6,000; three pairs never.
    #expect(seen.count >= 1_198)
    #expect(ones == [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(zeros == [0xFF, 0xFF, 0xFF, 0xFF])
  }
}
