import Synchronization

/// The lines of a watch, from the connection's event loop to who reads them: so many of them wait, and so many bytes. From any thread.
final class EtcdLines: Sendable {
  /// Lines that wait, at most.
  static let capacity = 4_096
  /// Their bytes, at most: two of the longest.
  static let byteCapacity = 32 << 20

  /// What comes, an error last. For one reader, who says of each line that he ``took(_:)`` it.
  let lines: AsyncStream<Result<[UInt8], EtcdError>>
  private let yielding: AsyncStream<Result<[UInt8], EtcdError>>.Continuation
  private let waiting = Atomic<Int>(0)

  init() {
    (lines, yielding) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
  }

  /// A line has come.
  ///
  /// - Returns: Whether there was room for it: who falls back further has to read all anew.
  func put(_ line: [UInt8]) -> Bool {
    if waiting.add(line.count, ordering: .relaxed).newValue <= Self.byteCapacity,
      case .enqueued = yielding.yield(.success(line))
    {
      return true
    }
    took(line)
    return false
  }

  /// A line waits no more.
  func took(_ line: [UInt8]) { waiting.subtract(line.count, ordering: .relaxed) }

  /// No more lines come.
  func end(_ error: EtcdError) {
    yielding.yield(.failure(error))
    yielding.finish()
  }
}
