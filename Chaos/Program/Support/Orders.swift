import ChaosCore
import FoundationEssentials
import NIOPosix
import PilotConsole

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The orders that come on standard input, and the way back.
struct Orders: Sendable {
  private let lines = LineReaderBox()
  private let pool: NIOThreadPool

  /// - Parameter onEnd: Called when the coordinator is gone, also in the middle of an order. The process ends then.
  init(onEnd: @escaping @Sendable () -> Void = {}) {
    pool = NIOThreadPool(numberOfThreads: 2)
    pool.start()
    pool.submit { _ in
      var input = pollfd(fd: 0, events: 0, revents: 0)
      // SAFETY: poll(2) reads and writes the one structure. Asked for nothing, it tells of the other end's close alone.
      while unsafe poll(&input, 1, -1) < 0 {}
      onEnd()
      _exit(0)
    }
  }

  /// The next order; nil when the coordinator has gone.
  func next() async throws -> Order? {
    let line = try await pool.runIfActive { lines.next() }
    guard let line else { return nil }
    return try JSONDecoder().decode(Order.self, from: Data(line.utf8))
  }

  /// Answers the last order.
  func answer(_ answer: Answer) async throws {
    let line = try JSONEncoder().encode(answer)
    try await Console.standard.print(String(decoding: line, as: UTF8.self))
  }
}

/// The reader of standard input.
private final class LineReaderBox: @unchecked Sendable {  // one order is read at a time
  private var reader = LineReader(descriptor: 0)

  func next() -> String? {
    while let line = reader.next() {
      if case .text(let text) = line { return text }
    }
    return nil
  }
}
