import Foundation
import PilotTesting
import PilotWire
import Testing

@Suite struct Base64Tests {
  @Test func agreesWithFoundationAtEveryLength() {
    var generator = SeededRandom(seed: 5)
    for count in 0..<200 {
      let bytes = generator.bytes(count)
      let text = Base64.encode(bytes.span.raw)
      #expect(text == Data(bytes).base64EncodedString())
      #expect(Base64.decode(text) == bytes)
    }
  }

  @Test(arguments: [
    "A", "AA", "AAA", "AA=", "AA===", "A===", "====", "=AAA", "AA=A", "AAA=AAAA", "AA==AA==", "AAAA ", " AAA", "AA-_",
    "AAA\n", "AAAé", "AB==", "AAB=", "AA\u{0}A",
  ])
  func onlyTheCanonicalTextIsRead(_ text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
