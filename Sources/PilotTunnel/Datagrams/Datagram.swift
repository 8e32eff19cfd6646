public import PilotWire

/// What has come for a port.
public struct Datagram: Hashable, Sendable {
  /// Who sent it: verified.
  public let peer: NodeID
  /// The port that it was sent from, where an answer goes.
  public let port: UInt16
  /// What was sent, possibly nothing.
  public let payload: [UInt8]
}
