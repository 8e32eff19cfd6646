public import PilotTransport

/// When a node on a WebSocket connection tells its beacon that it is there: as soon as it is connected, then every minute.
///
/// Deployed beacons need it (wire reference, section 3): they cut a peer 90 s after its last data message, pings don't
/// count, and they tell other beacons only of nodes that have announced themselves. They don't answer over the connection,
/// so nothing here waits for an answer, as ``RegistrationSchedule`` does over UDP; the connection says whether it arrives.
public struct AnnouncementSchedule: Sendable, Equatable {
  /// The times.
  public struct Configuration: Sendable, Equatable {
    /// Between two announcements. Default 60 s (wire reference, section 3).
    public var interval: Duration = .seconds(60)
    /// After an announcement that the transport did not take. Default 1 s.
    public var retry: Duration = .seconds(1)

    /// The defaults.
    public init() {}
  }

  /// What to do now.
  public enum Action: Sendable, Equatable {
    /// Announce the node, then ask again.
    case announce
    /// Nothing before this instant.
    case wait(until: MonotonicInstant)
    /// Nothing until there is a connection.
    case rest
  }

  private enum State: Sendable, Equatable {
    case disconnected
    case connected(due: MonotonicInstant)
  }

  private let configuration: Configuration
  private var state = State.disconnected

  /// When the next announcement is due; nil without a connection.
  var due: MonotonicInstant? {
    guard case .connected(let due) = state else { return nil }
    return due
  }

  /// Starts without a connection.
  public init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
  }

  /// A connection is up, the first one or another: the beacon that it leads to may never have heard of this node.
  public mutating func connected(at now: MonotonicInstant) {
    state = .connected(due: now)
  }

  /// The connection is gone.
  public mutating func disconnected() {
    state = .disconnected
  }

  /// Time has passed.
  public mutating func tick(at now: MonotonicInstant) -> Action {
    guard case .connected(let due) = state else { return .rest }
    guard now >= due else { return .wait(until: due) }
    state = .connected(due: now.advanced(by: configuration.interval))
    return .announce
  }

  /// The transport did not take the announcement, because its queue is full or the connection just ended.
  public mutating func refused(at now: MonotonicInstant) {
    guard case .connected = state else { return }
    state = .connected(due: now.advanced(by: configuration.retry))
  }
}
