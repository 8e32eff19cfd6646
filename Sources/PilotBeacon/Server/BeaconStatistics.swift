public import PilotTransport
import PilotUDP
import PilotWSS

/// What a beacon has done so far, for its operator.
public struct BeaconStatistics: Sendable {
  /// What the router decided.
  public let router: RouterStatistics
  /// The UDP socket's totals.
  public let udp: TransportCounters
  /// Frames that the router passed on and the kernel had no room for.
  public let refusedByKernel: UInt64
  /// Frames that the router passed on in the moment in which their peer's connection ended.
  public let connectionsGone: UInt64
  /// WebSocket connections now, those that are still handshaking included.
  public let openConnections: Int
  /// Connections turned away for want of room.
  public let turnedAway: Int
  /// Peers refused, by reason in snake case.
  public let refusals: [String: UInt64]
}

extension BeaconServer {
  /// A snapshot, put together from the parts' own: totals of different parts may be a moment apart.
  public var statistics: BeaconStatistics {
    BeaconStatistics(
      router: engine.statistics, udp: udp.counters, refusedByKernel: losses.refusedByKernel,
      connectionsGone: losses.connectionsGone, openConnections: listener?.openConnections ?? 0,
      turnedAway: listener?.turnedAway ?? 0,
      refusals: Dictionary(uniqueKeysWithValues: journal.refusals.map { ($0.key.rawValue, $0.value) }))
  }
}
