import PilotWire
import Testing

@Suite struct NodeIDTests {
  @Test func zeroIsNoNode() {
    #expect(NodeID(0) == nil)
    #expect(NodeID(parsing: "0") == nil)
    #expect(NodeID(1)?.rawValue == 1)
    #expect(NodeID(.max)?.rawValue == .max)
  }

  @Test(arguments: ["1", "3538602243", "4294967295"])
  func textGoesBothWays(_ text: String) throws {
    #expect(try #require(NodeID(parsing: text)).description == text)
  }

  @Test(arguments: ["", " 1", "1 ", "+1", "-1", "01", "0x1", "1_0", "4294967296", "99999999999999999999", "١"])
  func onlyCanonicalDecimalIsRead(_ text: String) {
    #expect(NodeID(parsing: text) == nil)
  }

  @Test func ordersByNumber() throws {
    let small = try #require(NodeID(9))
    let large = try #require(NodeID(10))
    #expect(small < large)
    #expect(!(large < small))
  }
}
