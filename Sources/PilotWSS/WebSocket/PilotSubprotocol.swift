/// What a node and a beacon speak over a WebSocket connection, by the subprotocol that the beacon has chosen.
package enum PilotSubprotocol: String, Sendable, CaseIterable {
  /// This project's own: the node signs the name that it has dialled, and both ends take messages of every length (wire
  /// reference, section 3).
  case v2 = "pilot.v2"
  /// What deployed peers speak.
  case v1 = "pilot.v1"

  /// Whether the peer is of this project: only those speak ``v2``.
  package var isOwn: Bool { self == .v2 }

  /// Both, the preferred one first: what a node offers.
  package static let all: [PilotSubprotocol] = [.v2, .v1]
}
