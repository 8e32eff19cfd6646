import PilotTransport
import PilotWire
import Testing

@Suite("QuotedDatagram")
struct QuotedDatagramTests {
  private static func quote(_ bytes: [UInt8]) -> QuotedDatagram { unsafe QuotedDatagram(bytes.span.bytes) }

  @Test("keeps the first 64 bytes", arguments: [0, 1, 63, 64, 65, 1_000])
  func keeps(_ length: Int) {
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let quoted = Self.quote(bytes)
    #expect(quoted.count == min(length, 64))
    #expect(quoted.bytes.copied() == Array(bytes.prefix(64)))
  }

  @Test("is equal to one of the same bytes, and to no other")
  func equality() {
    #expect(Self.quote([1, 2]) == Self.quote([1, 2]))
    #expect(Self.quote([1, 2]) != Self.quote([1, 3]))
    #expect(Self.quote([1, 0]) != Self.quote([1]))
    #expect(Self.quote([]) == QuotedDatagram())
  }
}
