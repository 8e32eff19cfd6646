import PilotTransport
import PilotWire

extension WSSTransport.Configuration {
  /// The configuration for a place that a beacon has sent the node to; nil if it must not go there (wire reference, section 3).
  ///
  /// Who isn't the beacon must not come to be it by this: the place has to show a certificate or key that is trusted as the beacon's
  /// is, for its own name, and to speak `pilot.v2`. In the clear anybody on the path could have named it, so that it has to be on
  /// the same host.
  ///
  /// - Parameters:
  ///   - place: What the beacon has written.
  ///   - isOwn: Whether the connection on which it has speaks `pilot.v2`.
  func moved(to place: String, isOwn: Bool) -> WSSTransport.Configuration? {
    guard isOwn, let url = try? WSSURL(parsing: place) else { return nil }
    guard beacon.isSecure ? url.isSecure : url.host == beacon.host && !url.isSecure else { return nil }
    var moved = self
    moved.beacon = url
    moved.requiresBeaconName = true
    guard (try? moved.validate()) != nil else { return nil }
    return moved
  }
}
