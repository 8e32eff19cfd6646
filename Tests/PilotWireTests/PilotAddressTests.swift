import PilotWire
import Testing

@Suite struct PilotAddressTests {
  @Test(arguments: Vectors.list(\.addresses))
  func vectorGoesBothWays(_ vector: Vectors.Address) {
    let address = PilotAddress(network: vector.network, node: vector.node)
    #expect(address.description == vector.text)
    #expect(PilotAddress(parsing: vector.text) == address)
    #expect(PilotAddress(parsing: vector.text.lowercased()) == address)
  }

  @Test(arguments: Vectors.list(\.addressesRejected))
  func rejectedVectorIsRejected(_ text: String) {
    #expect(PilotAddress(parsing: text) == nil)
  }

  @Test(arguments: [
    "00:0000.0000.0001", "+0:0000.0000.0001", ":0000.0000.0001", "0:000.0000.0001", "0:0000.0000.0001.", "0:0000..0001",
    "0:0000.0000.0001 ", "0:0000.0000.0001:", "0:0000.0000.0001:80:80", "0:+000.0000.0001",
  ])
  func nearMissIsRejected(_ text: String) {
    #expect(PilotAddress(parsing: text) == nil)
  }

  @Test func wellKnownAddressesAreThoseOfTheWireReference() {
    #expect(PilotAddress.registry.description == "0:0000.0000.0001")
    #expect(PilotAddress.beacon.description == "0:0000.0000.0002")
    #expect(PilotAddress.nameServer.description == "0:0000.0000.0003")
    #expect(PilotAddress(network: 0, node: PilotAddress.broadcastNode).description == "0:0000.FFFF.FFFF")
  }

  @Test func nodeZeroIsAnAddressButNoNode() {
    #expect(PilotAddress(network: 1, node: 0).nodeID == nil)
    #expect(PilotAddress(network: 1, node: 7).nodeID == NodeID(7))
  }

  @Test func addressWithPortGoesBothWays() throws {
    let socket = try #require(PilotSocketAddress(parsing: "1:0001.F291.0004:1000"))
    #expect(socket.address == PilotAddress(network: 1, node: 0xF291_0004))
    #expect(socket.port == PilotPort.stdio)
    #expect(socket.description == "1:0001.F291.0004:1000")
  }

  @Test(arguments: [
    "", "1:0001.F291.0004", "1:0001.F291.0004:", "1:0001.F291.0004:65536", "1:0001.F291.0004:080", ":80",
  ])
  func portIsRequiredAndCanonical(_ text: String) {
    #expect(PilotSocketAddress(parsing: text) == nil)
  }
}
