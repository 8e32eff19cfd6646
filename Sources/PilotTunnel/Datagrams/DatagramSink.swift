package import PilotWire

/// Who takes the datagrams of a port, one by one, on the task that reads the node.
///
/// What it does in a call, every other port waits for: it copies, or sends, and returns.
package protocol DatagramSink: AnyObject, Sendable {
  /// A datagram has come, from a peer that has been verified.
  ///
  /// - Parameters:
  ///   - payload: Lent for the call.
  ///   - peer: Who sent it.
  ///   - port: The port that it was sent from.
  ///   - local: The port that it was sent to.
  func receive(_ payload: RawSpan, from peer: NodeID, port: UInt16, to local: UInt16)

  /// All that had arrived has been handed over: the place to send what was gathered.
  func drained()

  /// The tunnels have ended: nothing comes any more.
  func ended()
}
