import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// Presence by etcd (version 3.4 or newer, its JSON gateway): one lease for each beacon, its keys under it (``EtcdKeys``), and one
/// watch over those of all.
///
/// What is next ``EtcdRegistration``, ``EtcdView`` and ``EtcdPace`` decide; this does it, over connections that are kept: one for what is read, one
/// for the watch's, and one for each of the transactions that are under way together.
final class EtcdPresence: Presence {
  /// The most keys written together: etcd takes 128, and 1.5 MiB.
  static let keysPerWrite = 100
  static let bytesPerWrite = 700_000
  /// How many of these there are at a time.
  static let writesAtOnce = 8
  /// Keys of one page.
  static let keysPerPage = 1_000
  /// How many beats may be written and not yet be seen: a watch that is silent for longer is deaf.
  static let beatsUnseen: UInt64 = 2

  struct State {
    /// The own key's beats: the last one that was begun, and when; that was written with success; that was seen.
    var begun: (beat: UInt64, at: MonotonicInstant) = (0, .start)
    var written: UInt64 = 0
    var seen: UInt64 = 0
    /// Whether what has been heard may be of another time: the lease is gone, and perhaps all else.
    var isInDoubt = false
    /// What the watch comes over.
    var watching: EtcdConnection?
    var counts = EtcdCounts()
  }

  let urls: [EtcdURL]
  let keys: EtcdKeys
  let tls: ClientTLS?
  /// From a request to the whole of its answer.
  let limit: Duration
  /// How long etcd may answer nothing before what is heard of it is doubted.
  let patience: Duration
  let state = Mutex(State())

  /// - Parameters:
  ///   - urls: Members of etcd's cluster, at least one.
  ///   - authorities: A PEM file with the authorities to trust; nil for the system's.
  ///   - limit: How long each answer is waited for.
  ///   - patience: How long etcd may answer nothing: then a watch that still stands is ended, too.
  /// - Throws: `.invalidConfiguration`.
  init(
    _ urls: [EtcdURL], authorities: String?, prefix: String = "/pilot", limit: Duration = EtcdConnection.limit,
    patience: Duration = EtcdRegistration.timeToLive
  ) throws(TransportError) {
    (self.limit, self.patience) = (limit, patience)
    self.urls = urls.shuffled()
    keys = EtcdKeys(prefix: prefix)
    tls =
      urls.contains { $0.isSecure }
      ? try ClientTLS(trusting: authorities.map { .file($0) } ?? .system) : nil
  }

  /// What it has done so far.
  var counts: EtcdCounts { state.withLock { $0.counts } }

  func run(
    as own: ClusterMember, telling outbox: PresenceOutbox, hear: @escaping @Sendable ([PresenceNews]) -> Void
  ) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.tell(own, outbox, hear) }
      group.addTask { await self.listen(own, hear) }
    }
  }

  static func read<Answer: Decodable>(_ type: Answer.Type, _ json: [UInt8]) throws(EtcdError) -> Answer {
    guard let answer = EtcdAnswer.read(type, json) else { throw EtcdError("an answer isn't understood; is that etcd?") }
    return answer
  }
}

/// What a beacon has done with etcd.
struct EtcdCounts: Equatable, Sendable {
  /// Keys of nodes written.
  var written: UInt64 = 0
  /// What they have cost, in bytes (``EtcdPace``).
  var writtenBytes: UInt64 = 0
  /// Looks at what is due that found something which had to wait for its turn in the pace; 20 a second while anything does.
  var heldBack: UInt64 = 0
  /// Whether the last one did.
  var isHeldBack = false
  /// Requests that failed, and watches that ended.
  var failures: UInt64 = 0
  /// Watches that were ended because they didn't show what was written.
  var deaf: UInt64 = 0
  /// How often the beacon's number was somebody else's.
  var taken: UInt64 = 0
  /// From the writing of the beacon's own key to hearing of it, last.
  var delay: Duration?
}
