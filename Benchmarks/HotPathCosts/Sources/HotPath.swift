import Synchronization

/// An operation whose cost is watched.
struct HotPath: Sendable {
  let name: String
  /// The bytes that one operation goes through, where a throughput says something; else 0.
  let bytes: Int
  /// Prepares, starts the stopwatch, performs that many operations, and stops it. Returns something that depends on all of
  /// them, so that none can be left out.
  let run: @Sendable (_ count: Int, _ stopwatch: inout Stopwatch) async throws -> UInt64

  init(
    _ name: String, bytes: Int = 0,
    _ run: @escaping @Sendable (_ count: Int, _ stopwatch: inout Stopwatch) async throws -> UInt64
  ) {
    self.name = name
    self.bytes = bytes
    self.run = run
  }

  static let all: [HotPath] = wire + codec + frames + router + udp + byHand + node + tunnel + beacon

  static func named(_ name: String) -> HotPath? {
    all.first { $0.name == name }
  }
}

/// What a case found. An assumption that doesn't hold would make its figure one of something else.
struct UnexpectedResult: Error {
  let what: String
}

private let kept = Atomic<UInt64>(0)

/// Makes a result count as used.
func keep(_ result: UInt64) {
  kept.store(result, ordering: .relaxed)
}
