package import PilotTransport
import PilotWSS

/// A transport with a connection, which a node over several paths has only while it needs it.
package protocol DialledTransport: Transport {
  /// Begins to dial, if it is at rest. From any thread; calls nobody back before it returns.
  func dial()
  /// Ends the connection behind what was taken, until ``dial()``. Likewise.
  func rest()
  /// Gives up the connection, or the wait for one, and dials at once, if it isn't at rest. Likewise.
  func redial()
  /// Whether the present connection's beacon takes frames over UDP from a node that is attached; nil as long as there is none. Frames
  /// of a new one can be read a moment before it is known.
  var beaconIsOwn: Bool? { get }
  /// How long the beacon took to answer when the connection was made, its own work included; nil as long as there has been none.
  var roundTrip: Duration? { get }
}

extension WSSTransport: DialledTransport {}
