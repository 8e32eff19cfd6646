public import PilotWire

/// What has come for a port.
public struct Datagram: Hashable, Sendable {
  /// Who sent it: verified.
  public let peer: NodeID
  /// The port that it was sent from, where an answer goes.
  public let port: UInt16
  /// What was sent, possibly nothing.
  public let payload: [UInt8]

  /// A datagram of these parts, as a test expects it.
  ///
  /// - Parameters:
  ///   - peer: Who sent it.
  ///   - port: The port that it was sent from.
  ///   - payload: What was sent.
  public init(peer: NodeID, port: UInt16, payload: [UInt8]) {
    self.peer = peer
    self.port = port
    self.payload = payload
  }
}
