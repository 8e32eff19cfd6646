/// Lines of a file descriptor, read by a thread that may block. A line beyond the limit is passed over, and said so.
package struct LineReader {
  /// What was read.
  package enum Line: Equatable {
    case text(String)
    /// Longer than the limit, in bytes.
    case tooLong(limit: Int)
  }

  /// Room for a frame of 65,535 bytes in hex, and what stands around it.
  static let limit = 262_144

  private let descriptor: CInt
  private var buffer: [UInt8] = []
  private var isSkipping = false
  private var isAtEnd = false
  /// Why there are no more lines, in the system's words; nil where the input has ended by itself.
  package private(set) var failure: String?

  /// Reads from this descriptor, which stays the caller's.
  package init(descriptor: CInt) {
    self.descriptor = descriptor
  }

  /// The next line without its end; `nil` at the end of the input. A last line without an end counts.
  package mutating func next() -> Line? {
    while true {
      if let line = takeLine() { return line }
      if isAtEnd { return takeRest() }
      readMore()
    }
  }

  private mutating func takeLine() -> Line? {
    if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: buffer[..<end], as: UTF8.self)
      buffer.removeSubrange(...end)
      if isSkipping {
        isSkipping = false
        return .tooLong(limit: Self.limit)
      }
      return .text(line)
    }
    if buffer.count > Self.limit {
      buffer = []
      isSkipping = true
    }
    return nil
  }

  private mutating func takeRest() -> Line? {
    if isSkipping {
      isSkipping = false
      buffer = []
      return .tooLong(limit: Self.limit)
    }
    guard !buffer.isEmpty else { return nil }
    defer { buffer = [] }
    return .text(String(decoding: buffer, as: UTF8.self))
  }

  private mutating func readMore() {
    do throws(BlockingRead.Failure) {
      let chunk = try BlockingRead.bytes(from: descriptor, atMost: 65_536)
      if chunk.isEmpty { isAtEnd = true }
      buffer.append(contentsOf: chunk)
    } catch {
      failure = error.reason
      isAtEnd = true
    }
  }
}
