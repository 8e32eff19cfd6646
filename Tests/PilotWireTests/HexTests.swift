import PilotWire
import Testing

@Suite struct HexTests {
  @Test func goesBothWays() {
    let all = (UInt8.min...UInt8.max).map(\.self)
    let text = Hex.encode(all.span.raw)
    #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
    #expect(Hex.decode(text) == all)
    #expect(Hex.decode(text.uppercased()) == all)
    #expect(Hex.decode("") == [])
  }

  @Test(arguments: ["0", "0g", "0x00", "00 ", "é0"])
  func anythingElseIsRefused(_ text: String) {
    #expect(Hex.decode(text) == nil)
  }
}
