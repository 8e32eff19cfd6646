import PilotTransport
public import PilotWSS
import PilotWire

extension BeaconServer.Configuration {
  /// Sends peers that attach beyond a number to another beacon (<doc:SeveralBeacons>). Nobody is turned away by that: who can't go
  /// there stays, until ``/PilotWSS/WSSLimits/maximumConnections`` is reached.
  public struct Redirect: Sendable, Equatable {
    /// How many peers may be attached over WebSocket before those that attach next are sent on; 1 or more.
    public var peers: Int
    /// The beacon that they are sent to. Peers trust it as they trust this one: by a certificate of its own.
    public var place: WSSURL

    /// Sends those beyond a number there.
    public init(beyond peers: Int, to place: WSSURL) {
      (self.peers, self.place) = (peers, place)
    }

    /// - Parameter limits: Of the connections that it is about; nil without any.
    /// - Throws: `.invalidConfiguration`.
    func validate(_ limits: WSSLimits?) throws(TransportError) {
      let reason: String
      if peers < 1 {
        reason = "redirect.peers is \(peers) and must be 1 or more"
      } else if limits.map({ peers >= $0.maximumConnections }) ?? true {
        reason = "redirect.peers is \(peers), and so many WebSocket connections are never reached"
      } else if PeerRedirect(self) == nil {
        reason = "redirect.place has more than \(DrainNotice.maximumPlaceLength) bytes: \(place)"
      } else {
        return
      }
      throw TransportError(code: .invalidConfiguration, message: reason)
    }
  }
}

/// Tells peers that attach to a full beacon where to go.
///
/// Only authenticated peers count: connections that anybody can open send nobody away. Only those that speak `pilot.v2` are told, since
/// nobody else goes to a named place.
struct PeerRedirect: Sendable {
  /// When they are to be there, in milliseconds: not at once, so that a node which has other beacons is at one of those before its
  /// connection goes to the named place by itself; and soon.
  private static let span = ReturnSpan(from: 2_000, until: 5_000) ?? .atOnce

  let place: WSSURL
  private let peers: Int
  private let notice: DrainNotice

  /// nil if the place can't be written.
  init?(_ configuration: BeaconServer.Configuration.Redirect) {
    let notice = DrainNotice(comeBack: Self.span, place: configuration.place.description)
    guard let notice else { return nil }
    (peers, place, self.notice) = (configuration.peers, configuration.place, notice)
  }

  /// What a peer is told that has attached; nil for nothing.
  ///
  /// - Parameters:
  ///   - isOwn: Whether it speaks `pilot.v2`.
  ///   - peers: How many are attached now, itself among them.
  func text(isOwn: Bool, peers: Int) -> String? { isOwn && peers > self.peers ? notice.json : nil }
}
