/// The lines that wait for one stream: whether there is room for another, and how many found none.
struct OutputBacklog {
  private let limits: OutputQueue.Limits
  private var lines = 0
  private var bytes = 0
  /// From the first line that found no room until there is half of it again: else every second line would be a notice.
  private var isFull = false
  /// Lines that were left out since the last notice.
  private(set) var leftOut = 0
  /// What says so.
  private var notice: OutputQueue.Notice = { "left_out=\($0)" }
  /// The reader has gone for good.
  private(set) var isClosed = false
  /// The last attempt to write failed: a notice would, too.
  private var isFailing = false

  /// Nothing waits.
  init(_ limits: OutputQueue.Limits) {
    self.limits = limits
  }

  /// Whether lines were left out, and the stream takes lines.
  var owesNotice: Bool { leftOut > 0 && !isFailing && !isClosed }

  /// Makes room for a line that may be left out, or counts it.
  mutating func admits(_ line: String, notice: @escaping OutputQueue.Notice) -> Bool {
    self.notice = notice
    if !isFull || (lines <= limits.lines / 2 && bytes <= limits.bytes / 2) {
      isFull = lines >= limits.lines || (lines > 0 && bytes + line.utf8.count > limits.bytes)
    }
    if isFull { leftOut += 1 }
    return !isFull
  }

  /// A line waits from now on.
  mutating func add(_ line: String) {
    lines += 1
    bytes += line.utf8.count
  }

  /// It waits no more.
  mutating func remove(_ line: String) {
    lines -= 1
    bytes -= line.utf8.count
  }

  /// The line that says how many were left out, and that number. They count as told.
  mutating func takeNotice() -> (line: String, count: Int) {
    defer { leftOut = 0 }
    return (notice(leftOut), leftOut)
  }

  /// A line has been written.
  mutating func written() {
    isFailing = false
  }

  /// A line could not be written.
  ///
  /// - Parameter count: How many lines are lost with it that nobody else tells of.
  mutating func failed(losing count: Int) {
    isFailing = true
    leftOut += count
  }

  /// The reader has gone: nothing waits any more, and nobody is left to tell.
  mutating func close() {
    isClosed = true
    (lines, bytes, leftOut) = (0, 0, 0)
  }
}
