import Logging
import NIOCore
import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization

/// Keeps this beacon in its registry's list of beacons: an entry there goes a minute after it was last heard of.
final class RegistryRegistration: Sendable {
  /// One request and its answer.
  typealias Exchange = @Sendable ([UInt8]) -> EventLoopFuture<[UInt8]>

  /// How it stands.
  struct Counts: Equatable, Sendable {
    /// Registrations that were taken.
    var taken: UInt64 = 0
    /// Attempts that failed.
    var failed: UInt64 = 0
    /// Whether the last attempt was taken, and there will be another one.
    var isRegistered = false
    /// How many others the list has; nil if that isn't known.
    var others: Int?
  }

  private struct State {
    var counts = Counts()
    var schedule = RegistrationPauses()
    var health = RegistryHealth()
    /// Where the list has had this beacon's number, if not here.
    var elsewhere: String?
  }

  private let beaconID: UInt32
  private let token: RegistryToken?
  private let exchange: Exchange
  private let address: @Sendable () -> Endpoint
  private let isServing: @Sendable () -> Bool
  private let logger: Logger
  private let state = Mutex(State())

  /// - Parameters:
  ///   - exchange: Asks the registry. Ends in seconds.
  ///   - address: Where nodes reach this beacon now.
  ///   - isServing: Whether nodes are welcome. Who isn't asked for any more lets its entry run out.
  /// - Throws: `.invalidConfiguration`.
  init(
    _ entry: BeaconServer.Configuration.RegistryEntry, beaconID: UInt32, exchange: @escaping Exchange,
    address: @escaping @Sendable () -> Endpoint, isServing: @escaping @Sendable () -> Bool, logger: Logger
  ) throws(TransportError) {
    try entry.validate()
    guard beaconID != 0 else {
      throw TransportError(code: .invalidConfiguration, message: "a registry takes no beacon with the number 0")
    }
    token = try entry.token.map { path throws(TransportError) in try RegistryToken(path: path) }
    (self.beaconID, self.exchange) = (beaconID, exchange)
    (self.address, self.isServing, self.logger) = (address, isServing, logger)
  }

  var counts: Counts {
    var counts = state.withLock { $0.counts }
    // The entry is left to run out.
    if !isServing() { counts.isRegistered = false }
    return counts
  }

  /// Until the task is cancelled.
  func run<Time: Clock<Duration>>(clock: Time, now: @escaping @Sendable () -> MonotonicInstant = { .now() }) async {
    while !Task.isCancelled {
      let pause = isServing() ? await register(at: now) : RegistrationPauses.interval
      try? await clock.sleep(for: pause)
    }
  }

  /// - Returns: How long to wait for the next attempt.
  private func register(at now: @Sendable () -> MonotonicInstant) async -> Duration {
    let (secret, address) = (currentToken(), address())
    do {
      let request = RegistryBeacons.registration(beaconID, at: address, token: secret)
      try RegistryBeacons.confirm(try await exchange(request).get(), beaconID, token: secret)
    } catch {
      return failed(KeyDirectoryError(lookup: error), at: now())
    }
    // Only to be looked at: whoever was taken is registered, whatever becomes of this.
    let list = try? RegistryBeacons.beacons(in: try await exchange(RegistryBeacons.listing).get())
    return registered(list, as: address, at: now())
  }

  /// The token, looked at anew.
  private func currentToken() -> String? {
    guard let token else { return nil }
    switch token.reloadIfChanged() {
    case .unchanged: break
    case .reloaded: logger.info("The registry's token has changed")
    case .refused(let error):
      logger.error("The registry's new token is refused, the old one stays", metadata: ["error": "\(error.message)"])
    }
    return token.text
  }

  private func failed(_ error: KeyDirectoryError, at now: MonotonicInstant) -> Duration {
    let (news, pause) = state.withLock { state in
      state.counts.failed &+= 1
      state.counts.isRegistered = false
      return (state.health.ended(error, at: now), state.schedule.failed(random: .random(in: 0..<1)))
    }
    if news != nil {
      logger.warning(
        "The registry doesn't register this beacon: nodes that go by its list don't come here",
        metadata: ["reason": "\(error)"])
    }
    return pause
  }

  private func registered(
    _ list: [RegistryBeacons.Beacon]?, as address: Endpoint, at now: MonotonicInstant
  ) -> Duration {
    let elsewhere = list?.first { $0.id == beaconID && $0.addr != "\(address)" }?.addr
    let (isNew, isDisputed, pause) = state.withLock { state in
      let isNew = !state.counts.isRegistered
      state.counts.taken &+= 1
      state.counts.isRegistered = true
      state.counts.others = list.map { $0.count { $0.id != beaconID } } ?? state.counts.others
      _ = state.health.ended(nil, at: now)
      defer { if list != nil { state.elsewhere = elsewhere } }
      return (
        isNew, elsewhere != nil && elsewhere != state.elsewhere, state.schedule.registered(random: .random(in: 0..<1))
      )
    }
    if isNew {
      logger.notice(
        "Registered with the registry: nodes that go by its list come here",
        metadata: ["address": "\(address)", "number": "\(beaconID)"])
    }
    if isDisputed, let elsewhere {
      logger.warning(
        "The registry has another address under this beacon's number",
        metadata: ["address": "\(RegistryAnswer.excerpt(of: elsewhere))", "number": "\(beaconID)"])
    }
    return pause
  }
}

/// How long a beacon waits from one word to its registry to the next. A value without clock or random source.
struct RegistrationPauses: Sendable {
  /// As deployed beacons do, and up to a tenth less, so that beacons that were started together don't ask together.
  static let interval: Duration = .seconds(30)

  private var backoff: Backoff

  init() {
    var pauses = Backoff.Configuration()
    (pauses.initial, pauses.maximum) = (.seconds(2), Self.interval)
    backoff = Backoff(pauses)
  }

  /// - Parameter random: Uniform in 0..<1.
  mutating func registered(random: Double) -> Duration {
    backoff.reset()
    return Self.interval * (1 - 0.1 * random)
  }

  /// - Parameter random: Uniform in 0..<1.
  mutating func failed(random: Double) -> Duration { backoff.next(random: random) }
}
