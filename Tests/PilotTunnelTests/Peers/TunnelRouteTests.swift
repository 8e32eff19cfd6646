import PilotTunnel
import PilotWire
import Testing

@Suite("The route of a tunnel")
struct TunnelRouteTests {
  @Test("is named by the peer's address, where it leads there")
  func description() throws {
    #expect("\(TunnelRoute.relay)" == "relay")
    #expect("\(TunnelRoute.direct(try Endpoint(parsing: "192.0.2.7:4000")))" == "192.0.2.7:4000")
  }
}
