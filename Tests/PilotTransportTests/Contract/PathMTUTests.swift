import PilotTransport
import PilotWire
import Testing

@Suite struct PathMTUTests {
  static let ipv4 = Endpoint(ipv4: 192, 0, 2, 1, port: 9)
  static let ipv6 = Endpoint(high: 0x2001_0DB8 << 32, low: 1, port: 9)

  @Test(arguments: [
    (1_500, 1_472, 1_452), (1_280, 1_252, 1_232), (28, 0, 0), (0, 0, 0), (-1, 0, 0), (65_535, 65_507, 65_487),
    (65_575, 65_507, 65_527), (1 << 40, 65_507, 65_527),
  ])
  func `a frame's length is what is left beside the headers`(_ bytes: Int, _ ipv4: Int, _ ipv6: Int) {
    #expect(PathMTU(bytes: bytes).maximumFrameLength(to: Self.ipv4) == ipv4)
    #expect(PathMTU(bytes: bytes).maximumFrameLength(to: Self.ipv6) == ipv6)
  }

  @Test(
    arguments: [
      (0, 552, 1_280), (551, 552, 1_280), (552, 552, 1_280), (1_279, 1_279, 1_280), (1_400, 1_400, 1_400),
      (UInt32.max, 65_576, 65_576),
    ] as [(UInt32, Int, Int)])
  func `no report makes a path narrower than paths are`(_ reported: UInt32, _ ipv4: Int, _ ipv6: Int) {
    #expect(PathMTU(reported: reported, destination: Self.ipv4).bytes == ipv4)
    #expect(PathMTU(reported: reported, destination: Self.ipv6).bytes == ipv6)
  }
}
