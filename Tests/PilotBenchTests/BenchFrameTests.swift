import PilotWire
import Testing

@testable import PilotBench

@Suite("The frames of a measurement")
struct BenchFrameTests {
  private let sender = NodeID(7)
  private let receiver = NodeID(9)

  @Test("a frame is a relay that says which one it is, when it was sent and where to")
  func stamp() throws {
    let (sender, receiver) = (try #require(sender), try #require(receiver))
    var frame = BenchFrame(from: sender, to: receiver, length: 40)
    frame.stamp(0x0102_0304_0506_0708, at: 0x1112_1314_1516_1718)
    let relay = try Relay(parsing: frame.span)
    #expect(relay.sender == sender)
    #expect(relay.destination == receiver)
    #expect(relay.payload.byteCount == 40)
    let delivered = RelayDeliver(sender: sender, payload: relay.payload).encoded()
    let delivery = try BenchDelivery(delivered.span.raw)
    #expect(delivery.sender == sender)
    #expect(delivery.sequence == 0x0102_0304_0506_0708)
    #expect(delivery.sentAt == 0x1112_1314_1516_1718)
    #expect(delivery.payload.byteCount == 40)
    var other = frame
    other.address(to: sender)
    #expect(try Relay(parsing: other.span).destination == sender)
  }

  @Test("a delivery with its destination is as good")
  func destination() throws {
    let (sender, receiver) = (try #require(sender), try #require(receiver))
    let payload = [UInt8](0..<16)
    let delivered = RelayDeliverDest(sender: sender, destination: receiver, payload: payload.span.raw).encoded()
    #expect(try BenchDelivery(delivered.span.raw).sequence == 0x0001_0203_0405_0607)
  }

  @Test("other frames are none of a measurement", arguments: ["", "06", "0600000007", "0200", "060000000700010203"])
  func others(hex: String) throws {
    let bytes = try #require(Hex.decode(hex))
    #expect(throws: WireError.self) { _ = try BenchDelivery(bytes.span.raw).sequence }
  }

  @Test("a flood's frames go to all nodes, and in stretches to the sockets in turn")
  func destinations() throws {
    var destinations = FloodDestinations([.init(first: 100, count: 10), .init(first: 500, count: 3)])
    #expect(!destinations.isOne)
    var seen: Set<UInt32> = []
    for stretch in 0..<40 {
      for _ in 0..<64 {
        let next = destinations.next()
        let node = try #require(next).rawValue
        #expect(stretch % 2 == 0 ? (100..<110).contains(node) : (500..<503).contains(node))
        seen.insert(node)
      }
    }
    #expect(seen.count == 13)
    var one = FloodDestinations([.init(first: 7, count: 1)])
    #expect(one.isOne)
    #expect(one.next() == sender)
  }
}
