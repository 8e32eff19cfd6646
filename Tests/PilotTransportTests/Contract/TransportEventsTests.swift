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

  @Test("come to each consumer as if it were the only one, whenever it begins")
  func severalConsumers() async {
    let source = TransportEventSource()
    let events = source.events
    source.emit(.notice("a"))
    async let early = Self.notices(events)
    async let other = Self.notices(events)
    for _ in 0..<100 { await Task.yield() }
    source.emit(.notice("b"))
    source.finish()
    #expect(await early == ["a", "b", "closed"])
    #expect(await other == ["a", "b", "closed"])
    #expect(await Self.notices(events) == ["a", "b", "closed"])
  }

  @Test("a consumer that falls behind skips what is gone, and knows how many that were")
  func missed() async {
    let source = TransportEventSource()
    var slow = source.events.makeAsyncIterator()
    source.emit(.notice("first"))
    guard case .notice("first") = await slow.next() else { return #expect(Bool(false)) }
    for number in 0..<1_000 { source.emit(.notice("\(number)")) }
    guard case .notice("744") = await slow.next() else { return #expect(Bool(false)) }
    #expect(slow.missed == 744)
    // Who begins now has missed nothing: it knows of nothing before.
    var late = source.events.makeAsyncIterator()
    guard case .notice("744") = await late.next() else { return #expect(Bool(false)) }
    #expect(late.missed == 0)
    source.finish()
    guard case .notice("745") = await slow.next() else { return #expect(Bool(false)) }
    #expect(slow.missed == 744)
  }

  @Test("a cancelled consumer ends alone, and its iterator goes on where it was")
  func cancelled() async {
    let source = TransportEventSource()
    let events = source.events
    async let other = Self.notices(events)
    let waiting = Task {
      var iterator = events.makeAsyncIterator()
      let first = await iterator.next()
      return (isNothing: first == nil, iterator)
    }
    for _ in 0..<100 { await Task.yield() }
    waiting.cancel()
    var (isNothing, iterator) = await waiting.value
    #expect(isNothing)
    source.emit(.notice("a"))
    source.finish()
    guard case .notice("a") = await iterator.next() else { return #expect(Bool(false)) }
    #expect(await other == ["a", "closed"])
  }
}
