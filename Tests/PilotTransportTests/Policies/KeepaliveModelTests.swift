import PilotTesting
import PilotTransport
import Testing

/// A driver that comes when it likes, and a peer that answers when it likes.
@Suite("Keepalive, at random")
struct KeepaliveModelTests {
  enum Event: Sendable {
    /// After this many milliseconds.
    case tick(Int)
    /// At the instant that the keepalive last named, or now when that is over.
    case tickAsTold
    case heard(Int)
  }

  /// Told from all pings and signs of life, in milliseconds: the keepalive waits for the first sign after the last ping.
  private struct History {
    let interval: Int
    let timeout: Int
    var pings: [Int] = []
    /// The first sign after each ping, in the same order.
    var signs: [Int?] = []

    /// When the next ping is due; nil while it waits for a sign.
    var nextPing: Int? {
      guard let last = pings.last else { return interval }
      return signs[pings.count - 1].map { max($0, last + interval) }
    }

    mutating func heard(_ now: Int) {
      guard let index = signs.indices.last, signs[index] == nil else { return }
      signs[index] = now
    }

    mutating func tick(_ now: Int) -> Keepalive.Action {
      guard let nextPing else {
        let deadline = pings[pings.count - 1] + timeout
        return now >= deadline ? .dead : .wait(until: .at(deadline))
      }
      guard now >= nextPing else { return .wait(until: .at(nextPing)) }
      pings.append(now)
      signs.append(nil)
      return .ping(id: UInt64(pings.count), thenAt: .at(now + min(interval, timeout)))
    }
  }

  @Test("does what its history says", arguments: Seeds.all)
  func model(_ seed: UInt64) async {
    var random = SeededRandom(seed: ~seed)
    let interval = Int.random(in: 1...60_000, using: &random)
    let timeout = Int.random(in: 1...60_000, using: &random)
    var configuration = Keepalive.Configuration()
    configuration.interval = .milliseconds(interval)
    configuration.timeout = .milliseconds(timeout)
    let found = await Counterexample.search(seed: seed, events: 500) { random in
      let after = Int.random(in: 0...timeout, using: &random)
      return random.chance(0.4) ? Event.heard(after) : random.chance(0.5) ? .tick(after) : .tickAsTold
    } play: { events in
      var keepalive = Keepalive(configuration, at: .start)
      var history = History(interval: interval, timeout: timeout)
      var now = 0
      var told = 0
      for (step, event) in events.enumerated() {
        switch event {
        case .heard(let after):
          now += after
          keepalive.heard(at: .at(now))
          history.heard(now)
          continue
        case .tick(let after): now += after
        case .tickAsTold: now = max(now, told)
        }
        let (action, expected) = (keepalive.tick(at: .at(now)), history.tick(now))
        if action != expected { return .init(after: step, "\(action) at \(now) ms, not \(expected)") }
        told = action.instant.map { Int($0.nanoseconds / 1_000_000) } ?? now
      }
      return nil
    }
    if let found { Issue.record("interval \(interval) ms, timeout \(timeout) ms, \(found)") }
  }
}

extension Keepalive.Action {
  /// When it wants to be asked again.
  fileprivate var instant: MonotonicInstant? {
    switch self {
    case .wait(let instant), .ping(_, let instant): instant
    case .dead: nil
    }
  }
}

extension MonotonicInstant {
  fileprivate static func at(_ milliseconds: Int) -> MonotonicInstant {
    .start.advanced(by: .milliseconds(milliseconds))
  }
}
