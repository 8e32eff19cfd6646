import PilotWire
import Testing

@testable import PilotBench

@Suite("The payloads of a measurement")
struct BenchPayloadTests {
  private let sender = NodeID(7)

  @Test("a payload says which one it is, and when it was sent")
  func stamp() throws {
    let sender = try #require(sender)
    var payload = BenchPayload(length: 40)
    payload.stamp(0x0102_0304_0506_0708, at: 0x1112_1314_1516_1718)
    let delivery = try BenchDelivery(payload.bytes, from: sender)
    #expect(delivery.sender == sender)
    #expect(delivery.sequence == 0x0102_0304_0506_0708)
    #expect(delivery.sentAt == 0x1112_1314_1516_1718)
    #expect(delivery.payload.byteCount == 40)
    #expect(payload.bytes.copied()[16...].allSatisfy { $0 == 0x50 })
    #expect(BenchPayload(length: 0).bytes.byteCount == BenchPayload.minimumLength)
  }

  @Test("a shorter payload is none of a measurement", arguments: [0, 1, 8, 15])
  func others(length: Int) throws {
    let (sender, bytes) = (try #require(sender), [UInt8](repeating: 1, count: length))
    #expect(throws: WireError.self) { _ = try BenchDelivery(bytes.span.raw, from: sender).sequence }
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
