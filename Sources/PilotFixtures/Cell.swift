/// One cell of the matrix: from a node on one carrier, through the beacon, to a node on another.
package enum Cell: String, Sendable, CaseIterable, Codable {
  case udpToUDP = "udp_to_udp"
  case udpToWSS = "udp_to_wss"
  case wssToUDP = "wss_to_udp"
  case wssToWSS = "wss_to_wss"

  /// The cell with these ends.
  package init(from sender: Carrier, to destination: Carrier) {
    self =
      switch (sender, destination) {
      case (.udp, .udp): .udpToUDP
      case (.udp, .wss): .udpToWSS
      case (.wss, .udp): .wssToUDP
      case (.wss, .wss): .wssToWSS
      }
  }

  /// What the sender is on.
  package var sender: Carrier { self == .udpToUDP || self == .udpToWSS ? .udp : .wss }
  /// What the destination is on.
  package var destination: Carrier { self == .udpToUDP || self == .wssToUDP ? .udp : .wss }
  /// What a table calls it: `UDP → WSS`.
  package var name: String { "\(sender.name) → \(destination.name)" }
}
