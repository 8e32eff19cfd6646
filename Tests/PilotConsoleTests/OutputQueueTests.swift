import Testing

@testable import PilotConsole

@Suite("The queue of the standard streams")
struct OutputQueueTests {
  private typealias Entry = OutputQueue.Entry

  private static func queue(lines: Int = 4, bytes: Int = 100) -> OutputQueue {
    let limits = OutputQueue.Limits(lines: lines, bytes: bytes)
    return OutputQueue(output: limits, error: limits)
  }

  private static func offer(_ line: String, _ queue: inout OutputQueue, to stream: Console.Stream = .error)
    -> OutputQueue.OnOffer
  {
    queue.offer(line, to: stream) { "left_out=\($0)" }
  }

  private static func next(_ queue: inout OutputQueue) throws -> Entry {
    let entry = queue.next()
    return try #require(entry)
  }

  private static func insist(
    on content: Entry.Content, to stream: Console.Stream, _ queue: inout OutputQueue
  ) throws -> OutputQueue.Ticket {
    let ticket = queue.insist(on: content, to: stream)
    return try #require(ticket)
  }

  /// All that is written, as long as the reader takes it.
  private static func lines(_ queue: inout OutputQueue) -> [String] {
    var lines: [String] = []
    while let entry = queue.next() {
      if case .line(let line) = entry.content { lines.append(line) }
      queue.written(entry)
    }
    return lines
  }

  @Test("beyond the bound the newest lines are left out, counted, and told of where they are missing")
  func bound() {
    var queue = Self.queue()
    let outcomes = (1...9).map { Self.offer("\($0)", &queue) }
    #expect(outcomes == Array(repeating: .taken, count: 4) + Array(repeating: .leftOut, count: 5))
    #expect(Self.lines(&queue) == ["1", "2", "3", "4", "left_out=5"])
    #expect(Self.offer("10", &queue) == .taken)
    #expect(Self.lines(&queue) == ["10"])
  }

  @Test("the last line of all is never left out, and stands behind the notice of those that were")
  func last() {
    var queue = Self.queue()
    for number in 1...6 { _ = Self.offer("\(number)", &queue) }
    let outcome = queue.offer("closed", to: .error, isLast: true) { "left_out=\($0)" }
    #expect(outcome == .taken)
    #expect(Self.lines(&queue) == ["1", "2", "3", "4", "left_out=2", "closed"])
  }

  @Test("after a loss lines are taken again when half is written, not one by one")
  func hysteresis() {
    var queue = Self.queue()
    for number in 1...5 { _ = Self.offer("\(number)", &queue) }
    _ = queue.next()
    #expect(Self.offer("6", &queue) == .leftOut)
    _ = queue.next()
    #expect(Self.offer("7", &queue) == .taken)
    #expect(Self.lines(&queue) == ["3", "4", "left_out=2", "7"])
  }

  @Test("bytes are bounded as well; a longer line than all of them goes alone")
  func bytes() {
    var queue = Self.queue(lines: 100, bytes: 10)
    #expect(Self.offer(String(repeating: "x", count: 50), &queue) == .taken)
    #expect(Self.offer("y", &queue) == .leftOut)
    #expect(Self.lines(&queue).map(\.count) == [50, "left_out=1".count])
    #expect(Self.offer("12345", &queue) == .taken)
    #expect(Self.offer("12345", &queue) == .taken)
    #expect(Self.offer("1", &queue) == .leftOut)
  }

  @Test("what a caller waits for is never left out, and comes behind the notice of what was")
  func waiting() throws {
    var queue = Self.queue()
    for number in 1...5 { _ = Self.offer("\(number)", &queue, to: .output) }
    let ticket = try Self.insist(on: .line("result"), to: .output, &queue)
    var entries: [Entry] = []
    while let entry = queue.next() { entries.append(entry) }
    #expect(entries.map(\.content).suffix(2) == [.line("left_out=1"), .line("result")])
    #expect(entries.last?.ticket == ticket)
  }

  @Test("what a full disk refuses counts as left out, and a notice waits for a line that goes through")
  func fullDisk() throws {
    var queue = Self.queue()
    _ = Self.offer("1", &queue)
    let entry = try Self.next(&queue)
    #expect(queue.failed(entry, .system("full")) == [])
    #expect(queue.next() == nil, "a notice would fail, too, for ever")
    _ = Self.offer("2", &queue)
    let notice = try Self.next(&queue)
    #expect(notice.content == .line("left_out=1"))
    #expect(queue.failed(notice, .system("full")) == [])
    let second = try Self.next(&queue)
    queue.written(second)
    #expect(Self.lines(&queue) == ["left_out=1"])
  }

  @Test("a caller is told of his line's failure, and the count isn't")
  func failure() throws {
    var queue = Self.queue()
    let ticket = try Self.insist(on: .line("result"), to: .output, &queue)
    let entry = try Self.next(&queue)
    #expect(queue.failed(entry, .system("full")) == [ticket])
    #expect(Self.lines(&queue) == [])
  }

  @Test("a reader that has gone ends what waits for that stream, and nothing of the other")
  func closed() throws {
    var queue = Self.queue()
    _ = Self.offer("1", &queue, to: .output)
    let first = try Self.insist(on: .line("2"), to: .output, &queue)
    _ = Self.offer("log", &queue, to: .error)
    let second = try Self.insist(on: .mark, to: .output, &queue)
    let entry = try Self.next(&queue)
    #expect(queue.failed(entry, .closed) == [first, second])
    #expect(Self.offer("3", &queue, to: .output) == .closed)
    #expect(queue.insist(on: .mark, to: .output) == nil)
    #expect(Self.lines(&queue) == ["log"])
  }

  @Test("of status lines in a row the last one counts, so that they need no bound")
  func status() {
    var queue = Self.queue()
    for number in 1...1_000 { queue.setStatus("\(number)") }
    _ = Self.offer("log", &queue)
    queue.setStatus("end")
    var contents: [Entry.Content] = []
    while let entry = queue.next() { contents.append(entry.content) }
    #expect(contents == [.status("1000"), .line("log"), .status("end")])
  }

  @Test("nothing is lost without a count, whatever the reader does", arguments: 0..<50 as Range<UInt64>)
  func conservation(seed: UInt64) {
    var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func draw(_ bound: UInt64) -> UInt64 {
      random ^= random << 13
      random ^= random >> 7
      random ^= random << 17
      return random % bound
    }
    var queue = Self.queue()
    var (offered, out) = (0, 0)
    func read(_ entry: Entry) {
      if draw(5) == 0 { return _ = queue.failed(entry, .system("full")) }
      out += entry.count
      queue.written(entry)
    }
    for _ in 0..<2_000 {
      if draw(3) > 0 {
        offered += 1
        _ = Self.offer(String(repeating: "x", count: Int(draw(60))), &queue)
      } else if let entry = queue.next() {
        read(entry)
      }
    }
    _ = Self.offer("last", &queue)
    while let entry = queue.next() {
      out += entry.count
      queue.written(entry)
    }
    #expect(out == offered + 1)
  }
}
