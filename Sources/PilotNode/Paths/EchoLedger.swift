import PilotTransport

/// The frames of the node to itself that haven't come back yet.
struct EchoLedger: Sendable {
  struct Echo: Sendable, Equatable {
    let number: UInt32
    let path: PathID
    let sentAt: MonotonicInstant
    let deadline: MonotonicInstant
  }

  /// More are not waited for: the oldest is missing then.
  private static let limit = 32

  private var echoes: [Echo] = []
  private var lastNumber: UInt32 = 0

  /// When the next one is missing.
  var deadline: MonotonicInstant? { echoes.map(\.deadline).min() }

  /// - Returns: The number of one that is sent now.
  mutating func send(over path: PathID, wait: Duration, at now: MonotonicInstant) -> UInt32 {
    if echoes.count == Self.limit { echoes.removeFirst() }
    lastNumber &+= 1
    echoes.append(Echo(number: lastNumber, path: path, sentAt: now, deadline: now.advanced(by: wait)))
    return lastNumber
  }

  /// One has come back. Nil if it isn't waited for.
  mutating func take(_ number: UInt32) -> Echo? {
    guard let index = echoes.firstIndex(where: { $0.number == number }) else { return nil }
    return echoes.remove(at: index)
  }

  /// Those that are missing by now.
  mutating func expire(at now: MonotonicInstant) -> [Echo] {
    let missing = echoes.filter { now >= $0.deadline }
    if !missing.isEmpty { echoes.removeAll { now >= $0.deadline } }
    return missing
  }

  /// Nobody could have heard them; or only those of one path.
  mutating func forget(_ path: PathID? = nil) { echoes.removeAll { path == nil || $0.path == path } }

  /// Whether one is under way.
  func isWaiting(on path: PathID) -> Bool { echoes.contains { $0.path == path } }
}
