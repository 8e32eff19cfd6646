import PilotConsole
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("Lines of pilot attach")
struct AttachEventTests {
  private static let source = Endpoint(ipv4: 192, 0, 2, 9, port: 9)

  private static func events(_ frame: [UInt8], isBeacon: Bool) -> [AttachEvent] {
    AttachEvent.events(of: frame.span.raw, from: source, isBeacon: isBeacon)
  }

  @Test("the beacon alone delivers and notifies; from anybody else it is a frame")
  func sources() throws {
    let (sender, node) = (try #require(NodeID(3)), try #require(NodeID(7)))
    let payload: [UInt8] = [1, 2, 3]
    let deliveries = [
      RelayDeliver(sender: sender, payload: payload.span.raw).encoded(),
      RelayDeliverDest(sender: sender, destination: node, payload: payload.span.raw).encoded(),
    ]
    for frame in deliveries {
      #expect(Self.events(frame, isBeacon: true) == [.deliver(sender: sender, payload: payload)])
      #expect(Self.events(frame, isBeacon: false) == [.frame(from: Self.source, bytes: frame)])
    }
    let notice = Notify(kind: 1).encoded()
    #expect(Self.events(notice, isBeacon: true) == [.frame(from: Self.source, bytes: notice), .notify(kind: 1)])
    #expect(Self.events(notice, isBeacon: false) == [.frame(from: Self.source, bytes: notice)])
    #expect(AttachEvent.notify(kind: 1).json.line == #"{"event":"notify","kind":1}"#)
  }

  @Test("the last line has the node's books")
  func books() {
    var counters = TransportCounters()
    (counters.framesSent, counters.framesReceived) = (9, 8)
    counters.drops[.expired] = 2
    counters.drops[.kernelBufferFull] = 3
    #expect(
      AttachEvent.closed(counters).json.line
        == #"{"event":"closed","sent":9,"received":8,"dropped":{"expired":2,"connection_lost":0,"#
        + #""refused_by_kernel":0,"closed_before_sending":0,"receive_queue_full":0,"truncated":0,"#
        + #""kernel_buffer_full":3,"malformed":0,"closed_before_reading":0}}"#)
  }
}
