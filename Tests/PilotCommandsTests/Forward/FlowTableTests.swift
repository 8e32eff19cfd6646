import PilotTesting
import PilotTransport
import Testing

@testable import PilotCommands

/// What happens to a table of flows.
private enum Event: Sendable {
  case open(key: Int)
  case touch(place: Int)
  case close(place: Int)
  case pass(Duration)
  case expire

  static func draw(_ random: inout SeededRandom) -> Event {
    switch Int.random(in: 0..<100, using: &random) {
    // One share has many more keys than the others: see `share(of:)`.
    case 0..<55: return .open(key: Int.random(in: 0..<60, using: &random))
    case 55..<75: return .touch(place: Int.random(in: -1..<14, using: &random))
    case 75..<82: return .close(place: Int.random(in: -1..<14, using: &random))
    case 82..<95: return .pass(.milliseconds(Int.random(in: 0...40, using: &random)))
    default: return .expire
    }
  }

  static func share(of key: Int) -> Int { key < 30 ? 0 : key % 5 }
}

/// A table as anyone would write it who looks at all flows each time.
private struct NaiveTable {
  struct Flow {
    let key: Int
    let place: Int
    var used: Int
    var time: MonotonicInstant
  }

  let capacity: Int
  let shareCapacity: Int
  var flows: [Flow] = []
  var free: [Int]
  var uses = 0

  init(capacity: Int, spare: Int, shareCapacity: Int) {
    (self.capacity, self.shareCapacity) = (capacity, shareCapacity)
    free = Array(0..<capacity + spare)
  }

  func held(by share: Int) -> [Flow] {
    flows.filter { Event.share(of: $0.key) == share }.sorted { $0.used < $1.used }
  }

  /// The flows of which one has to make room; none if there is a free place.
  func victims(for share: Int) -> [Int] {
    let own = held(by: share)
    if own.count == shareCapacity { return [own[0].key] }
    guard flows.count == capacity else { return [] }
    let shares = Set(flows.map { Event.share(of: $0.key) })
    let most = shares.map { held(by: $0).count }.max() ?? 0
    if own.count == most { return [own[0].key] }
    return shares.filter { held(by: $0).count == most }.map { held(by: $0)[0].key }
  }

  mutating func remove(_ key: Int) -> Flow? {
    guard let index = flows.firstIndex(where: { $0.key == key }) else { return nil }
    return flows.remove(at: index)
  }

  mutating func use(_ key: Int, _ place: Int, _ now: MonotonicInstant) {
    uses += 1
    _ = remove(key)
    flows.append(Flow(key: key, place: place, used: uses, time: now))
  }
}

private struct Comparison {
  var table: FlowTable<Int, Int>
  var model: NaiveTable
  var now = MonotonicInstant.start

  mutating func play(_ event: Event) -> String? {
    switch event {
    case .open(let key):
      if let difference = open(key) { return difference }
    case .touch(let place):
      table.touch(place, at: now)
      if let flow = model.flows.first(where: { $0.place == place }) { model.use(flow.key, place, now) }
    case .close(let place):
      let closed = table.close(place)
      let flow = model.flows.first { $0.place == place }
      if closed != flow?.key { return "closed \(String(describing: closed))" }
      if let flow, model.remove(flow.key) != nil { model.free.append(flow.place) }
    case .pass(let time):
      now = now.advanced(by: time)
    case .expire:
      while let expired = table.expire(at: now) {
        guard let flow = model.flows.min(by: { $0.used < $1.used }), flow.key == expired.key,
          flow.place == expired.place, flow.time.advanced(by: table.idleTime) <= now
        else { return "expired \(expired)" }
        _ = model.remove(flow.key)
        model.free.append(flow.place)
      }
      if model.flows.contains(where: { $0.time.advanced(by: table.idleTime) <= now }) { return "one is overdue" }
    }
    let due = model.flows.min { $0.used < $1.used }?.time.advanced(by: table.idleTime)
    guard table.deadline == due, table.count == model.flows.count else { return "deadline or count" }
    for place in -1...model.capacity + 3 {
      let key = model.flows.first { $0.place == place }?.key
      guard table.key(at: place) == key, key.map({ table.place(of: $0) == place }) ?? true else {
        return "place \(place) has \(String(describing: table.key(at: place)))"
      }
    }
    return nil
  }

  private mutating func open(_ key: Int) -> String? {
    let opening = table.open(key, of: Event.share(of: key), at: now)
    switch opening {
    case .known(let place):
      guard model.flows.contains(where: { $0.key == key && $0.place == place }) else { return "\(opening)" }
    case .opened(let place, let closed):
      let victims = model.victims(for: Event.share(of: key))
      guard !model.flows.contains(where: { $0.key == key }), (closed == nil) == victims.isEmpty else {
        return "\(opening)"
      }
      if let closed {
        guard let flow = model.flows.first(where: { $0.place == closed }), victims.contains(flow.key) else {
          return "\(opening)"
        }
        _ = model.remove(flow.key)
        model.free.append(closed)
      }
      guard place == model.free.removeFirst() else { return "\(opening)" }
    }
    model.use(key, opening.place, now)
    return nil
  }
}

@Suite("flows of many clients", .timeLimit(.minutes(2)))
struct FlowTableTests {
  @Test("random sequences do what the naive table does", arguments: 0..<60)
  func model(seed: UInt64) async throws {
    let capacity = [1, 3, 12][Int(seed % 3)]
    let spare = seed % 7 == 0 ? 3 : 0
    let bound = seed % 2 == 0 ? capacity : max(capacity / 2, 1)
    let found = await Counterexample.search(seed: seed, events: 600, draw: Event.draw) { events in
      var comparison = Comparison(
        table: FlowTable(capacity: capacity, spare: spare, shareCapacity: bound, idleTime: .milliseconds(200)),
        model: NaiveTable(capacity: capacity, spare: spare, shareCapacity: bound))
      for (step, event) in events.enumerated() {
        if let difference = comparison.play(event) { return .init(after: step, difference) }
      }
      return nil
    }
    if let found { Issue.record("\(capacity) places, \(bound) for each: \(found)") }
  }

  @Test("who opens flows without end takes places from nobody but himself, once the others have fewer")
  func flood() {
    var table = FlowTable<Int, Int>(capacity: 100, idleTime: .seconds(60))
    var now = MonotonicInstant.start
    for key in 0..<10 { _ = table.open(key, of: key, at: now) }
    for key in 1_000..<11_000 {
      now = now.advanced(by: .microseconds(1))
      _ = table.open(key, of: 99, at: now)
    }
    #expect((0..<10).allSatisfy { table.place(of: $0) != nil }, "they were quiet all the time")
    let opening = table.open(50, of: 50, at: now)
    guard case .opened(_, _?) = opening else {
      Issue.record("a newcomer found no room: \(opening)")
      return
    }
    #expect((0..<10).allSatisfy { table.place(of: $0) != nil }, "it has come from who holds most")
  }
}
