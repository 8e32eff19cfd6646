import PilotTesting
import PilotWire
import Testing

@testable import PilotBeacon

/// What beacons of a cluster pass on, of the vectors in the wire reference (`PilotWireTests/Resources/wire.json`).
struct ClusterVectors: Decodable, Sendable {
  struct Passed: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var secret: String
    var beacon: UInt32
    var epoch: String
    var receiver: UInt32
    var receiver_epoch: String
    var session: UInt32
    var counter: String
    var tag: String
    var relay: String
    var hex: String

    var testDescription: String { name }
    var sender: ClusterIdentity { ClusterIdentity(beaconID: beacon, epoch: UInt64(epoch, radix: 16) ?? 0) }
    var destination: ClusterIdentity {
      ClusterIdentity(beaconID: receiver, epoch: UInt64(receiver_epoch, radix: 16) ?? 0)
    }
  }

  var cluster_relay: [Passed]

  /// Empty if the file can't be read, which a test of its own notices.
  static let all: [Passed] = (try? VectorFile.decode(ClusterVectors.self).cluster_relay) ?? []
}

extension [UInt8] {
  /// The bytes of hex digits in a vector.
  init(vector hex: String) throws {
    self = try #require(Hex.decode(hex))
  }
}
