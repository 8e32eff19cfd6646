import Foundation
import Testing

/// The test vectors of the wire reference, as far as they can be inspected: read from the copy that PilotWire's tests have.
enum InspectVectors {
  /// A frame, and what must be said about it: members by their path.
  struct Frame: CustomTestStringConvertible, Sendable {
    let name: String
    let hex: String
    let expected: [String: String]
    var testDescription: String { name }
  }

  /// The file as a tree, without knowledge of what is in it. Numbers and texts are both texts at its leaves.
  static let root: [String: Any] = {
    let url = URL(filePath: #filePath).appending(path: "../../../PilotWireTests/Resources/wire.json").standardized
    return (try? JSONSerialization.jsonObject(with: Data(contentsOf: url))) as? [String: Any] ?? [:]
  }()
}
