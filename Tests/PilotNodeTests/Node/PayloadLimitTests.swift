import PilotNode
import PilotTransport
import PilotWire
import Testing

@Suite struct PayloadLimitTests {
  static let ipv4 = Endpoint(ipv4: 192, 0, 2, 1, port: 9)
  static let ipv6 = Endpoint(high: 0x2001_0DB8 << 32, low: 1, port: 9)

  @Test(
    arguments: [
      // Nothing is known of the other side: 1,232 bytes for what arrives there.
      (PayloadLimit(maximumFrameLength: 65_535), 1_227, .unknownPath),
      (PayloadLimit(maximumFrameLength: 65_507, path: (ipv4, PathMTU(bytes: 1_500))), 1_227, .unknownPath),
      // The own side is narrower: 1,280 - 48 - 9.
      (
        PayloadLimit(maximumFrameLength: 65_527, path: (ipv6, PathMTU(bytes: 1_280))), 1_223,
        .pathMTU(PathMTU(bytes: 1_280))
      ),
      (
        PayloadLimit(maximumFrameLength: 65_507, path: (ipv4, PathMTU(bytes: 1_500)), peer: .frames(9_000)), 1_463,
        .pathMTU(PathMTU(bytes: 1_500))
      ),
      (PayloadLimit(maximumFrameLength: 65_535, peer: .overWSS), 32_763, .deployedPeer),
      (PayloadLimit(maximumFrameLength: 65_535, peer: .frames(65_535)), 65_526, .transport),
      (PayloadLimit(maximumFrameLength: 65_535, peer: .frames(1_300)), 1_295, .peer),
      (PayloadLimit(maximumFrameLength: 3), 0, .transport),
      (PayloadLimit(maximumFrameLength: 65_535, peer: .frames(-7)), 0, .peer),
    ] as [(PayloadLimit, Int, PayloadLimit.Reason)])
  func `the narrowest place sets the limit`(_ limit: PayloadLimit, _ bytes: Int, _ reason: PayloadLimit.Reason) {
    #expect(limit.bytes == bytes)
    #expect(limit.reason == reason)
    #expect(limit.description.hasPrefix("\(bytes) bytes: "))
  }

  @Test func `what gets through nearly everywhere is 1,232 bytes`() {
    #expect(PayloadLimit.safeFrameLength == 1_232)
  }
}
