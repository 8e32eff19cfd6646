import PilotTransport
import PilotWire
import Synchronization

/// The last things that happened to peers, for the status page: of the lines that the log gets, and as many as it gets. From any
/// thread.
final class RecentEvents: Sendable {
  private static let limit = 50

  private let events = Mutex<[StatusReport.Event]>([])

  func note(_ text: String, node: NodeID?, detail: String) {
    let event = StatusReport.Event(
      time: Int(clamping: WallClock.unixTime()), text: text, node: node?.rawValue, detail: detail)
    events.withLock { events in
      events.append(event)
      if events.count > Self.limit { events.removeFirst() }
    }
  }

  /// Newest first.
  var all: [StatusReport.Event] { events.withLock { $0.reversed() } }
}
