import ChaosCore
import FoundationEssentials
import NIOPosix
import PilotCommands

/// The orders that come on standard input, and the way back.
struct Orders: Sendable {
  private let lines = LineReaderBox()
  private let pool: NIOThreadPool

  init() {
    pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
  }

  /// The next order; nil when the coordinator has gone.
  func next() async throws -> Order? {
    let line = try await pool.runIfActive { lines.next() }
    guard let line else { return nil }
    return try JSONDecoder().decode(Order.self, from: Data(line.utf8))
  }

  /// Answers the last order.
  func answer(_ answer: Answer) throws {
    let line = try JSONEncoder().encode(answer)
    StandardOutput.write(Array(line) + [UInt8(ascii: "\n")])
  }
}

/// The one reader of standard input, which one thread uses.
private final class LineReaderBox: @unchecked Sendable {  // used by the pool's only thread
  private var reader = LineReader(descriptor: 0)

  func next() -> String? {
    while let line = reader.next() {
      if case .text(let text) = line { return text }
    }
    return nil
  }
}
