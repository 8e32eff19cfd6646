import PilotTesting
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("The payload of a path probe")
struct ProbePayloadTests {
  private static let addresses = [
    Endpoint(ipv4: 192, 168, 1, 2, port: 4_000), Endpoint(high: 0x2001_0DB8 << 32, low: 7, port: 65_535),
  ]
  private static let samples = [
    ProbePayload(.probe, token: 0x0102_0304_0506_0708), ProbePayload(.call, token: .max, addresses: addresses),
    ProbePayload(.answer, token: 0), ProbePayload(.call, token: 1, addresses: Array(repeating: addresses[1], count: 8)),
  ]

  private static func parsed(_ bytes: [UInt8]) -> ProbePayload? { ProbePayload(parsing: bytes.span.raw) }

  @Test("has this layout")
  func layout() {
    let text = Array("pathprobe.v1".utf8)
    let probe: [UInt8] = text + [1, 1, 2, 3, 4, 5, 6, 7, 8]
    #expect(Self.samples[0].encoded() == probe)
    var call: [UInt8] = text + [2, 0, 0, 0, 0, 0, 0, 0, 9, 2]
    call += [4, 192, 168, 1, 2, 0x0F, 0xA0]
    call += [16, 0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0xFF, 0xFF]
    #expect(ProbePayload(.call, token: 9, addresses: Self.addresses).encoded() == call)
    #expect(Self.samples[3].encoded().count == ProbePayload.longest)
  }

  @Test("gives back what was written", arguments: samples)
  func roundTrip(payload: ProbePayload) {
    let bytes = payload.encoded()
    #expect(bytes.count == payload.encodedLength)
    #expect(Self.parsed(bytes) == payload)
  }

  @Test("is refused when it is cut short or goes on", arguments: samples)
  func lengths(payload: ProbePayload) {
    let bytes = payload.encoded()
    for length in bytes.indices { #expect(Self.parsed(Array(bytes.prefix(length))) == nil) }
    #expect(Self.parsed(bytes + [0]) == nil)
  }

  @Test("means one thing only, whichever bit is flipped", arguments: samples)
  func flips(payload: ProbePayload) {
    let bytes = payload.encoded()
    for bit in 0..<8 * bytes.count {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let other = Self.parsed(flipped) else { continue }
      #expect(other.encoded() == flipped)
    }
  }

  @Test("names eight addresses, and none in a probe")
  func bounds() {
    let many = Array(repeating: Self.addresses[0], count: 9)
    #expect(ProbePayload(.call, token: 0, addresses: many).addresses.count == 8)
    #expect(ProbePayload(.probe, token: 0, addresses: many).addresses == [])
    var bytes = ProbePayload(.call, token: 0, addresses: Array(many.prefix(8))).encoded()
    bytes[21] = 9
    #expect(Self.parsed(bytes + bytes.suffix(7)) == nil)
  }

  @Test("has one form for an IPv4 address")
  func mapped() {
    var bytes = ProbePayload(.call, token: 0).encoded()
    bytes[21] = 1
    bytes += [16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 168, 1, 2, 0x0F, 0xA0]
    #expect(Self.parsed(bytes) == nil)
  }
}
