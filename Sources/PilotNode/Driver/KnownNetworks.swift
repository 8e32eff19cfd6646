import NIOPosix
import PilotTransport
import Synchronization

/// What the nodes of this process have found out about networks, and which one this machine is in. From any thread.
final class KnownNetworks: Sendable {
  private struct State {
    var memory = NetworkMemory()
    /// The present network's; nil while that isn't known, or is none that could be told from others.
    var fingerprint: String?
  }

  /// Those that all nodes of this process share.
  static let ofProcess = KnownNetworks()

  private let state = Mutex(State())

  init() {}

  /// What is known of the present network.
  var verdict: NetworkVerdict? {
    state.withLock { state in
      state.fingerprint.flatMap { state.memory.verdict(on: $0, at: Self.time) }
    }
  }

  /// Something was found out about the present network.
  func remember(_ verdict: NetworkVerdict) {
    state.withLock { state in
      if let fingerprint = state.fingerprint { state.memory.learn(verdict, on: fingerprint, at: Self.time) }
    }
  }

  /// The machine may be in another network than before: looks which one it is. Cancelled, it returns at once.
  func look() async {
    let (answers, answer) = AsyncStream.makeStream(of: NetworkFingerprint?.self, bufferingPolicy: .bufferingNewest(1))
    NIOThreadPool.singleton.submit { _ in
      answer.yield(NetworkFingerprint.current())
      answer.finish()
    }
    for await fingerprint in answers { enter(fingerprint.map { "\($0)" }) }
  }

  /// The machine is in this network.
  func enter(_ fingerprint: String?) { state.withLock { $0.fingerprint = fingerprint } }

  private static var time: UInt64 { WallClock.unixTime() }
}
