import PilotConsole
import PilotNode
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("Lines of pilot attach")
struct AttachEventTests {
  private static let source = Endpoint(ipv4: 192, 0, 2, 9, port: 9)

  @Test("a frame of the beacon's is a frame, and a notice is told, too")
  func control() {
    func events(_ frame: [UInt8]) -> [AttachEvent] {
      AttachEvent.events(ofControl: frame.span.raw, from: Self.source)
    }
    let reply = DiscoverReply(endpoint: Self.source).encoded()
    #expect(events(reply) == [.frame(from: Self.source, bytes: reply)])
    let notice = Notify(kind: 1).encoded()
    #expect(events(notice) == [.frame(from: Self.source, bytes: notice), .notify(kind: 1)])
    #expect(AttachEvent.notify(kind: 1).json.line == #"{"event":"notify","kind":1}"#)
  }

  @Test("a node that isn't there is named")
  func gone() throws {
    let node = try #require(NodeID(7))
    #expect(AttachEvent.gone(node).json.line == #"{"event":"gone","node":7}"#)
  }

  @Test("the last line has the node's books")
  func books() {
    var counters = NodeCounters()
    (counters.transport.framesSent, counters.transport.framesReceived) = (9, 8)
    counters.transport.drops[.expired] = 2
    counters.transport.drops[.kernelBufferFull] = 3
    (counters.duplicatesSent, counters.controlSent, counters.unconfirmedSent) = (4, 6, 5)
    #expect(
      AttachEvent.closed(counters).json.line
        == #"{"event":"closed","sent":9,"received":8,"dropped":{"expired":2,"connection_lost":0,"#
        + #""refused_by_kernel":0,"closed_before_sending":0,"receive_queue_full":0,"truncated":0,"#
        + #""kernel_buffer_full":3,"malformed":0,"closed_before_reading":0},"duplicates":4,"control":6,"#
        + #""unconfirmed":5}"#)
  }
}
