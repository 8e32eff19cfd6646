import PilotTransport
import PilotWire
import Testing

@Suite("TransportEvents")
struct TransportEventsTests {
  private static func notices(_ events: TransportEvents) async -> [String] {
    var notices: [String] = []
    for await event in events {
      switch event {
      case .notice(let text): notices.append(text)
      case .closed: notices.append("closed")
      default: notices.append("other")
      }
    }
    return notices
  }

  @Test("come in their order and end after .closed")
  func order() async {
    let source = TransportEventSource()
    source.emit(.notice("a"))
    source.emit(.notice("b"))
    source.finish()
    #expect(await Self.notices(source.events) == ["a", "b", "closed"])
  }

  @Test("nothing follows the end, however often it is told")
  func afterEnd() async {
    let source = TransportEventSource()
    source.finish()
    source.emit(.notice("late"))
    source.finish()
    #expect(await Self.notices(source.events) == ["closed"])
  }

  @Test("who reads late gets the newest 256, the end among them")
  func bounded() async {
    let source = TransportEventSource()
    for number in 0..<1_000 { source.emit(.notice("\(number)")) }
    source.finish()
    let notices = await Self.notices(source.events)
    #expect(notices.count == TransportEvents.capacity)
    #expect(notices.first == "745")
    #expect(notices.suffix(2) == ["999", "closed"])
  }

  @Test("wake a consumer that waits")
  func wakes() async {
    let source = TransportEventSource()
    let task = Task { await Self.notices(source.events) }
    for _ in 0..<100 { await Task.yield() }
    source.emit(.notice("a"))
    source.finish()
    #expect(await task.value == ["a", "closed"])
  }
}
