public import PilotTransport
public import PilotWire

/// What a node's receiver lends: states and frames, in one order.
///
/// No message comes before the first ``NodeState/ready(observed:)``.
@nonexhaustive
public enum NodeEvent: ~Escapable {
  /// How the node stands has changed: to anything but ``NodeState/joining``, with which it begins.
  case state(NodeState)
  /// Frames go over another path than before: told before the state that follows from it, if one does. Only of nodes with
  /// several paths.
  case switched(PathSwitch)
  /// Another node has sent something through the beacon.
  case message(NodeMessage)
  /// The beacon says that a node isn't there to which something was sent: perhaps this moment, perhaps for good.
  /// ``/PilotWire/Gone/init(parsing:)`` reads the reason from the frame. A hint, to be asked no more than to stop waiting: over
  /// UDP whoever can forge the beacon's address can forge it, and the node may be back.
  case gone(NodeID, NodeFrame)
  /// Another frame of the beacon's. What concerns the node's registration has been looked after; a PunchCommand or a
  /// Notify is whoever's who can use it.
  case control(NodeFrame)
  /// A frame from anybody but the beacon: perhaps a peer's, directly. Nothing in it is believed.
  case direct(NodeFrame)
}

/// What another node has sent, lent: it lives until the receiver is asked for the next event.
public struct NodeMessage: ~Escapable {
  /// Who sent it, as far as the beacon knows.
  public let sender: NodeID
  /// What was sent, possibly nothing.
  public let payload: RawSpan

  @_lifetime(copy payload)
  init(sender: NodeID, payload: RawSpan) {
    self.sender = sender
    self.payload = payload
  }
}

/// A frame that is no message, lent as ``NodeMessage`` is.
public struct NodeFrame: ~Escapable {
  /// The datagram's bytes, possibly none.
  public let bytes: RawSpan
  /// Where it came from.
  public let source: Endpoint
  /// Which address of this machine it was written to.
  public let local: LocalAddress

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, from source: Endpoint, local: LocalAddress) {
    self.bytes = bytes
    self.source = source
    self.local = local
  }
}
