#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import NIOCore
import PilotTransport
import Synchronization

/// Tells whoever watches the status page how things stand, once a second however many watch.
///
/// A second costs the totals, and a look at each WebSocket connection only if somebody watches. Five minutes are kept for the
/// charts. A watcher that doesn't read is closed, and counted.
final class StatusFeed: Sendable {
  static let interval: Duration = .seconds(1)
  /// Watchers at most.
  static let watcherLimit = 16
  /// What may wait for a watcher, in bytes, beside what the kernel holds: some reports.
  static let backlogLimit = 256 << 10
  /// Points that are kept, a second each.
  private static let historyLimit = 300

  private struct State {
    var watchers: [ObjectIdentifier: any Channel] = [:]
    var dropped: UInt64 = 0
    var history: [StatusPoint] = []
    var talkers = TalkerRates()
    var tickedAt: MonotonicInstant?
    var report: (at: MonotonicInstant, json: String)?
  }

  private let engine: RelayEngine
  private let journal: BeaconJournal
  private let phase: @Sendable () -> BeaconLifecycle.Phase
  /// Whether new peers are welcome.
  let readiness: @Sendable () -> Readiness
  private let totals: @Sendable () -> BeaconStatistics
  private let startedAt = Int(clamping: WallClock.unixTime())
  private let state = Mutex(State())

  /// - Parameter totals: Looks at each connection.
  init(
    engine: RelayEngine, journal: BeaconJournal, phase: @escaping @Sendable () -> BeaconLifecycle.Phase,
    readiness: @escaping @Sendable () -> Readiness, totals: @escaping @Sendable () -> BeaconStatistics
  ) {
    self.engine = engine
    self.journal = journal
    self.phase = phase
    self.readiness = readiness
    self.totals = totals
  }

  /// The beacon's totals now.
  var statistics: BeaconStatistics { totals() }

  var isServing: Bool { phase() == .serving }

  /// How many watch.
  var watchers: Int { state.withLock { $0.watchers.count } }

  /// How many didn't read, and were closed.
  var droppedWatchers: UInt64 { state.withLock { $0.dropped } }

  /// Since when it runs, in seconds since 1970.
  var start: Int { startedAt }

  /// A second has passed.
  func tick(at now: MonotonicInstant = .now()) {
    let talkers = engine.takeTalkers()
    let point = StatusPoint(engine.statistics)
    let channels = state.withLock { state in
      state.talkers.add(talkers, over: state.tickedAt.map { ($0.duration(to: now) / .seconds(1)) } ?? 1)
      state.tickedAt = now
      state.history.append(point)
      if state.history.count > Self.historyLimit { state.history.removeFirst() }
      return Array(state.watchers.values)
    }
    guard !channels.isEmpty else { return }
    let bytes = ByteBuffer(string: "event: report\ndata: \(report(at: now))\n\n")
    for channel in channels {
      if channel.isWritable {
        channel.writeAndFlush(bytes, promise: nil)
      } else {
        state.withLock { $0.dropped += $0.watchers.removeValue(forKey: ObjectIdentifier(channel)) == nil ? 0 : 1 }
        channel.close(promise: nil)
      }
    }
  }

  /// Begins to tell a connection. On its event loop, behind the head of the answer.
  func watch(_ channel: any Channel) {
    channel.closeFuture.whenComplete { [self] _ in
      state.withLock { _ = $0.watchers.removeValue(forKey: ObjectIdentifier(channel)) }
    }
    let history = state.withLock { state in
      state.watchers[ObjectIdentifier(channel)] = channel
      return state.history
    }
    let text = "retry: 2000\nevent: history\ndata: \(Self.json(history))\n\nevent: report\ndata: \(report())\n\n"
    channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
  }

  /// How things stand, as JSON on one line; not older than a second.
  func report(at now: MonotonicInstant = .now()) -> String {
    if let known = state.withLock({ $0.report }), known.at.duration(to: now) < Self.interval / 2 { return known.json }
    let json = Self.json(makeReport())
    state.withLock { $0.report = (now, json) }
    return json
  }

  private func makeReport() -> StatusReport {
    let statistics = totals()
    let talkers = state.withLock { $0.talkers.highest(10) }
    return StatusReport(
      statistics, startedAt: startedAt, phase: phase().name, talkers: talkers, events: journal.recent.all)
  }

  private static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Numbers, texts and lists of them: there is nothing that JSON can't hold.
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
  }
}

extension BeaconLifecycle.Phase {
  fileprivate var name: String {
    switch self {
    case .serving: "serving"
    case .draining: "draining"
    case .closing: "closing"
    case .closed: "closed"
    }
  }
}
