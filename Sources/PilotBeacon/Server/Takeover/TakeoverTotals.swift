import Logging
import PilotTransport
import PilotUDP
import Synchronization

/// What has come of takeovers, on either side.
final class TakeoverTotals: Sendable {
  private let nodesTaken = Atomic<UInt64>(0)
  private let nodesRefused = Atomic<UInt64>(0)
  private let tablesRefused = Atomic<UInt64>(0)
  private let takeovers = Atomic<UInt64>(0)
  private let failures = Atomic<UInt64>(0)
  private let pause = Mutex<Duration?>(nil)
  private let link = Mutex<PeerLink?>(nil)
  private let listener = Mutex<HandoverListener?>(nil)

  /// When a stranger at the path was last told, and how many there have been since.
  private let strangers = Mutex<(end: MonotonicInstant, leftOut: Int)>((.start, 0))

  func took(_ nodes: Int, leftOut: Int) {
    nodesTaken.add(UInt64(nodes), ordering: .relaxed)
    nodesRefused.add(UInt64(leftOut), ordering: .relaxed)
  }

  func refusedTable() { tablesRefused.add(1, ordering: .relaxed) }

  func tookOver() { takeovers.add(1, ordering: .relaxed) }

  func handedOver(after gap: Duration) { pause.withLock { $0 = gap } }

  func failed() { failures.add(1, ordering: .relaxed) }

  /// Whoever waits for a takeover couldn't accept, or refused somebody: another user's process may try as often as it likes,
  /// and draws one line a second at most.
  func note(_ trouble: HandoverListener.Trouble, _ logger: Logger, at now: MonotonicInstant = .now()) {
    switch trouble {
    case .began(let fault):
      failed()
      logger.warning(
        "Nobody can take over for now: tried again each second", metadata: ["reason": "\(fault)"])
    case .ended:
      logger.notice("Takeovers are accepted again")
    case .refused(let fault):
      failed()
      let leftOut = strangers.withLock { state -> Int? in
        guard now >= state.end else {
          state.leftOut += 1
          return nil
        }
        defer { state = (now.advanced(by: .seconds(1)), 0) }
        return state.leftOut
      }
      guard let leftOut else { return }
      logger.warning(
        "Somebody who may not take over has asked to", metadata: ["reason": "\(fault)", "left_out": "\(leftOut)"])
    }
  }

  func joined(_ link: PeerLink) { self.link.withLock { $0 = link } }

  /// A beacon that is to come after this one finds it there.
  func listens(_ listener: HandoverListener) { self.listener.withLock { $0 = listener } }

  /// Nobody is answered any more.
  func end() { listener.withLock { $0.take() }?.close() }

  /// Ends the link to the other beacon, when nobody has anything more for it.
  func finish() async { await link.withLock { $0 }?.finish() }

  /// Nodes whose registration came from the beacon before; one that has changed meanwhile counts again.
  var taken: UInt64 { nodesTaken.load(ordering: .relaxed) }
  /// Those for which there was no room, or that this beacon's rules don't let in.
  var leftOut: UInt64 { nodesRefused.load(ordering: .relaxed) }
  /// Tables of the beacon before that could not be understood.
  var refusedTables: UInt64 { tablesRefused.load(ordering: .relaxed) }
  /// Whether this beacon has taken over from another one.
  var taking: UInt64 { takeovers.load(ordering: .relaxed) }
  /// Attempts of others to take over from this one that have come to nothing.
  var failedAttempts: UInt64 { failures.load(ordering: .relaxed) }
  /// How long nobody read the UDP sockets when another beacon took over from this one; nil if none has.
  var gap: Duration? { pause.withLock { $0 } }
  /// Frames given to the other beacon, for peers that are connected there or from those that are connected here.
  var framesPassed: UInt64 { link.withLock { $0?.passed ?? 0 } }
  /// Such frames that it didn't take.
  var framesDropped: UInt64 { link.withLock { $0?.dropped ?? 0 } }
}
