import NIOPosix
import PilotTransport
import Synchronization

/// What the nodes of this process have found out about networks, and which one this machine is in. From any thread.
final class KnownNetworks: Sendable {
  private struct State {
    var memory = NetworkMemory()
    /// The present network's; nil while that isn't known, or is none that could be told from others.
    var fingerprint: NetworkFingerprint?
    /// What was found out last about the present network, and when, in seconds since 1970.
    var found: (verdict: NetworkVerdict, time: UInt64)?
  }

  /// Those that all nodes of this process share.
  static let ofProcess = KnownNetworks()

  private let state = Mutex(State())
  private let survey: @Sendable () -> NetworkFingerprint?
  private let time: @Sendable () -> UInt64

  /// - Parameters:
  ///   - time: The time of day, in seconds since 1970.
  ///   - survey: Which network this machine is in now. May block for some milliseconds.
  init(
    time: @escaping @Sendable () -> UInt64 = { WallClock.unixTime() },
    survey: @escaping @Sendable () -> NetworkFingerprint? = NetworkFingerprint.current
  ) {
    self.time = time
    self.survey = survey
  }

  /// What is known of the present network.
  var verdict: NetworkVerdict? {
    let now = time()
    return state.withLock { state in state.fingerprint.flatMap { state.memory.verdict(on: "\($0)", at: now) } }
  }

  /// Something was found out about the present network.
  func remember(_ verdict: NetworkVerdict) {
    let now = time()
    state.withLock { state in
      state.found = (verdict, now)
      Self.note(&state)
    }
  }

  /// The machine may be in another network than before: looks which one it is. Cancelled, it returns at once.
  func look() async {
    let (answers, answer) = AsyncStream.makeStream(of: NetworkFingerprint?.self, bufferingPolicy: .bufferingNewest(1))
    NIOThreadPool.singleton.submit { [survey] _ in
      answer.yield(survey())
      answer.finish()
    }
    for await fingerprint in answers { enter(fingerprint) }
  }

  /// Looks again where not all is known that tells the present network from others: a gateway's link-layer address, which this
  /// machine learns when it has sent something. Four times, ever more rarely.
  ///
  /// - Parameter pause: Before the first time.
  func complete(after pause: Duration) async {
    for turn in 0..<4 where state.withLock({ $0.fingerprint?.isComplete == false }) {
      try? await Task.sleep(for: pause * (1 << turn))
      if Task.isCancelled { return }
      await look()
    }
  }

  /// The machine is in this network. What was found out before that was known belongs to it, unless the one before was another.
  private func enter(_ fingerprint: NetworkFingerprint?) {
    state.withLock { state in
      let former = state.fingerprint
      state.fingerprint = fingerprint
      if let former, former != fingerprint, fingerprint?.completes(former) != true { state.found = nil }
      Self.note(&state)
    }
  }

  /// From when it was found out a verdict counts, however often the network is looked at since.
  private static func note(_ state: inout State) {
    guard let fingerprint = state.fingerprint, let found = state.found else { return }
    state.memory.learn(found.verdict, on: "\(fingerprint)", at: found.time)
  }
}
