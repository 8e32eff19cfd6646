import ChaosCore
import PilotFixtures
import PilotTransport
import PilotWire
import Synchronization

/// What the nodes of one process share.
final class Station: Sendable {
  let run: UInt64
  let population: Population
  let keys: Keyring
  private let site = Mutex<Site?>(nil)
  private let held = Atomic<Bool>(false)
  /// When frames were last delivered.
  let pulse = Pulse()

  init(run: UInt64, population: Population, keys: Keyring) {
    self.run = run
    self.population = population
    self.keys = keys
  }

  func open(_ site: Site) { self.site.withLock { $0 = site } }

  /// Where the beacon is.
  func beacon() throws -> Site {
    guard let site = site.withLock({ $0 }) else { throw ChaosFailure("no beacon has been named yet") }
    return site
  }

  /// Whether nodes shall keep silent, for the counts to stand still.
  var isHeld: Bool {
    get { held.load(ordering: .acquiring) }
    set { held.store(newValue, ordering: .releasing) }
  }
}

/// Why something could not be done.
struct ChaosFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// The longest time without a delivery, by cell.
final class Pulse: Sendable {
  private struct State {
    var begin: UInt64 = 0
    var last: [Cell: UInt64] = [:]
    var longest: [Cell: UInt64] = [:]
  }

  private let state = Mutex(State())

  /// A round begins.
  func begin() {
    state.withLock { state in
      state = State()
      state.begin = MonotonicInstant.now().nanoseconds
    }
  }

  func beat(_ cell: Cell) {
    let now = MonotonicInstant.now().nanoseconds
    state.withLock { state in
      let before = state.last[cell] ?? state.begin
      if now > before { state.longest[cell] = max(state.longest[cell] ?? 0, now - before) }
      state.last[cell] = now
    }
  }

  /// The longest times up to now, in milliseconds.
  func silences() -> [String: Int] {
    let now = MonotonicInstant.now().nanoseconds
    return state.withLock { state in
      var result: [String: Int] = [:]
      for cell in Cell.allCases {
        let open = now - min(now, state.last[cell] ?? state.begin)
        result[cell.rawValue] = Int(max(state.longest[cell] ?? 0, open) / 1_000_000)
      }
      return result
    }
  }
}
