/// Lines that wait to be written to the standard streams, in the order in which they came.
///
/// A value without descriptors or threads. Lines that nobody waits for are bounded, by number and by bytes: when there is
/// no room, the newest are left out and counted, until half of what waits is written; then a notice takes their place.
/// Lines whose callers wait are bounded by their callers.
package struct OutputQueue {
  /// The most that waits for one stream.
  package struct Limits: Sendable, Equatable {
    /// Lines. Default 1,000.
    package var lines: Int
    /// Their bytes, in UTF-8. Default 1 MiB. A single longer line is taken when nothing else waits.
    package var bytes: Int

    package init(lines: Int = 1_000, bytes: Int = 1 << 20) {
      self.lines = lines
      self.bytes = bytes
    }
  }

  /// What stands in for lines that were left out; the argument is their number.
  package typealias Notice = @Sendable (Int) -> String

  /// What the end of an entry is told by.
  typealias Ticket = UInt64

  /// What is to be written.
  struct Entry: Equatable {
    enum Content: Equatable {
      /// A line, without its end.
      case line(String)
      /// The status line's new text.
      case status(String)
      /// Nothing: all before it has been written.
      case mark
    }

    let stream: Console.Stream
    let content: Content
    /// Nil if nobody waits.
    var ticket: Ticket?
    /// How many lines it stands for: 1, or as many as a notice tells of.
    var count = 1
  }

  /// What became of a line that nobody waits for.
  package enum OnOffer: Equatable {
    case taken
    /// There was no room. It is counted.
    case leftOut
    /// The stream's reader has gone for good.
    case closed
  }

  private var output: OutputBacklog
  private var error: OutputBacklog
  private var entries: [Entry] = []
  /// The place of the oldest one: what is before it has been taken.
  private var head = 0
  private var lastTicket: Ticket = 0

  /// An empty queue.
  init(output: Limits = Limits(), error: Limits = Limits()) {
    self.output = OutputBacklog(output)
    self.error = OutputBacklog(error)
  }

  /// A line that may be left out.
  ///
  /// - Parameter isLast: Whether none follows, so that there is room for this one in any case.
  mutating func offer(
    _ line: String, to stream: Console.Stream, isLast: Bool = false, notice: @escaping Notice
  ) -> OnOffer {
    if self[stream].isClosed { return .closed }
    guard isLast || self[stream].admits(line, notice: notice) else { return .leftOut }
    append(Entry(stream: stream, content: .line(line)))
    return .taken
  }

  /// Something that is taken in any case, since its caller waits for it.
  ///
  /// - Returns: What its end is told by; nil if the stream's reader has gone.
  mutating func insist(on content: Entry.Content, to stream: Console.Stream) -> Ticket? {
    if self[stream].isClosed { return nil }
    lastTicket += 1
    append(Entry(stream: stream, content: content, ticket: lastTicket))
    return lastTicket
  }

  /// The status line's new text. Of several in a row the last one counts.
  mutating func setStatus(_ text: String) {
    if entries.count > head, case .status = entries[entries.count - 1].content { entries.removeLast() }
    entries.append(Entry(stream: .error, content: .status(text)))
  }

  /// Takes out what is to be written next; nil if there is nothing.
  mutating func next() -> Entry? {
    if head == entries.count {
      // Lines were left out, and none came behind them that a notice could stand before.
      guard let stream = Console.Stream.allCases.first(where: { self[$0].owesNotice }) else { return nil }
      appendNotice(to: stream)
    }
    let entry = entries[head]
    head += 1
    if head >= 64, head * 2 >= entries.count {
      entries.removeFirst(head)
      head = 0
    }
    if case .line(let line) = entry.content { self[entry.stream].remove(line) }
    return entry
  }

  /// The entry has been written.
  mutating func written(_ entry: Entry) {
    self[entry.stream].written()
  }

  /// The entry could not be written, and is lost. If nobody waits for it, it counts as left out.
  ///
  /// - Returns: Whose waiting is over with it: of a closed stream all.
  mutating func failed(_ entry: Entry, _ failure: OutputError) -> [Ticket] {
    guard failure == .closed else {
      self[entry.stream].failed(losing: entry.ticket == nil ? entry.count : 0)
      return [entry.ticket].compactMap { $0 }
    }
    self[entry.stream].close()
    let waiting = entries[head...]
    entries = waiting.filter { $0.stream != entry.stream }
    head = 0
    return [entry.ticket].compactMap { $0 } + waiting.filter { $0.stream == entry.stream }.compactMap(\.ticket)
  }

  private mutating func append(_ entry: Entry) {
    if self[entry.stream].leftOut > 0 { appendNotice(to: entry.stream) }
    if case .line(let line) = entry.content { self[entry.stream].add(line) }
    entries.append(entry)
  }

  private mutating func appendNotice(to stream: Console.Stream) {
    let (line, count) = self[stream].takeNotice()
    self[stream].add(line)
    entries.append(Entry(stream: stream, content: .line(line), count: count))
  }

  private subscript(stream: Console.Stream) -> OutputBacklog {
    get { stream == .output ? output : error }
    set { if stream == .output { output = newValue } else { error = newValue } }
  }
}
