import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

@Suite struct RouterAnticipationTests {
  @Test func `anticipating takes any bytes, and changes nothing`() throws {
    var router = Router(seed: 7)
    let node = try #require(NodeID(9))
    let source = FrameOrigin.udp(Endpoint(ipv4: 192, 0, 2, 1, port: 5))
    let discover = Discover(node: node, publicKey: nil).encoded()
    _ = router.on(discover.span.raw, from: source, at: .start)
    let relay = Relay(sender: node, destination: node, payload: RawSpan()).encoded()
    let before = router.statistics
    var random = SystemRandomNumberGenerator()
    for length in 0..<64 {
      var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      if length > 0 { bytes[0] = 5 }
      _ = router.anticipate(bytes.span.raw)
    }
    #expect(router.anticipate(relay.span.raw) == router.anticipate(relay.span.raw))
    #expect(router.statistics == before)
    #expect(router.on(relay.span.raw, from: source, at: .start) != .drop(.destinationUnknown))
  }
}
