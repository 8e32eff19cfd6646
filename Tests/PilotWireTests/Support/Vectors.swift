import Foundation
import Testing

import PilotWire

/// The test vectors of the wire reference (`Resources/wire.json`): of the deployed wire, and of this project's own extensions.
struct Vectors: Decodable {
  struct Identity: Decodable {
    var nodeId: UInt32
    var publicKey: String
  }

  struct Challenge: Decodable {
    var type: String
    var nonce: String
    var ts: UInt64?
  }

  struct CompatAuth: Decodable {
    var challenge: Challenge
    var nodeId: UInt32
    var signedText: String
    var sig: String
    var publicKey: String
  }

  struct NamedBeacon: Decodable, CustomTestStringConvertible {
    var host: String
    var port: UInt16
    var name: String
    var testDescription: String { host }
  }

  struct CompatAuthV2: Decodable {
    var challenge: Challenge
    var nodeId: UInt32
    var beacon: String
    var signedText: String
    var sig: String
    var publicKey: String
  }

  struct Proof: Decodable, CustomTestStringConvertible {
    var nodeId: UInt32
    var timestamp: UInt64
    var token: String
    var beacon: String
    var signedText: String
    var challengeHex: String
    var proofHex: String
    var testDescription: String { beacon }
  }

  struct GoneVector: Decodable, CustomTestStringConvertible {
    var name: String
    var hex: String
    var destination: UInt32
    var reason: UInt8
    var hasJustGone: Bool
    var testDescription: String { name }
  }

  struct DrainVector: Decodable, CustomTestStringConvertible {
    var name: String
    var hex: String
    var node: UInt32
    var fromMs: UInt32
    var untilMs: UInt32
    var testDescription: String { name }
  }

  struct DrainNoticeVector: Decodable, CustomTestStringConvertible {
    var name: String
    var text: String
    var fromMs: UInt32
    var untilMs: UInt32
    var to: String?
    var testDescription: String { name }
  }

  struct RejectedText: Decodable, CustomTestStringConvertible {
    var why: String
    var text: String
    var testDescription: String { why }
  }

  struct ClusterRelayVector: Decodable, CustomTestStringConvertible {
    var name: String
    var beacon: UInt32
    var session: UInt32
    var counter: String
    var tag: String
    var relay: String
    var hex: String
    var testDescription: String { name }
  }

  struct PacketVector: Decodable, CustomTestStringConvertible {
    var name: String
    var flags: UInt8
    var `protocol`: UInt8
    var src: String
    var dst: String
    var srcPort: UInt16
    var dstPort: UInt16
    var seq: UInt32
    var ack: UInt32
    var window: UInt16
    var payloadHex: String
    var checksumHex: String
    var packetHex: String
    var testDescription: String { name }
  }

  struct Rejected: Decodable, CustomTestStringConvertible {
    var why: String
    var hex: String
    var testDescription: String { why }
  }

  struct Trailing: Decodable {
    var hex: String
    var sameAs: String
  }

  struct Address: Decodable, CustomTestStringConvertible {
    var network: UInt16
    var node: UInt32
    var text: String
    var testDescription: String { text }
  }

  struct Fields: Decodable {
    var nodeId: UInt32?
    var publicKey: String?
    var address: String?
    var port: UInt16?
    var requester: UInt32?
    var target: UInt32?
    var expiry: UInt64?
    var signedText: String?
    var sender: UInt32?
    var destination: UInt32?
    var payloadHex: String?
    var beaconId: UInt32?
    var nodeIds: [UInt32]?
    var kind: UInt8?
  }

  struct BeaconVector: Decodable, CustomTestStringConvertible {
    var name: String
    var hex: String
    var fields: Fields
    var testDescription: String { name }
  }

  struct KeyPair: Decodable {
    var nodeId: UInt32
    var publicHex: String
  }

  struct Sealed: Decodable {
    var sender: UInt32
    var noncePrefixHex: String
    var counter: UInt64
    var plaintextHex: String
    var frameHex: String
  }

  struct AuthenticatedExchange: Decodable {
    var nodeId: UInt32
    var frameHex: String
  }

  struct FragmentVector: Decodable, CustomTestStringConvertible {
    var name: String
    var number: UInt32
    var index: Int
    var count: Int
    var length: Int
    var datagramHex: String
    var packetHex: String

    var testDescription: String { name }
  }

  struct OfferVector: Decodable, CustomTestStringConvertible {
    var name: String
    var longest: Int
    var isQuestion: Bool
    var packetHex: String

    var testDescription: String { name }
  }

  struct Tunnel: Decodable {
    var x25519: [KeyPair]
    var sealedPILS: [Sealed]
    var keyExchangePILKHex: String
    var authKeyExchangePILA: [AuthenticatedExchange]
    var punchPILPHex: String
    var punchPILPWithTrailingBytesHex: String
    var plainPILTHex: String
    var rejected: [Rejected]

    enum CodingKeys: String, CodingKey {
      case x25519
      case sealedPILS = "sealed_PILS"
      case keyExchangePILKHex = "key_exchange_PILK_hex"
      case authKeyExchangePILA = "auth_key_exchange_PILA"
      case punchPILPHex = "punch_PILP_hex"
      case punchPILPWithTrailingBytesHex = "punch_PILP_with_trailing_bytes_hex"
      case plainPILTHex = "plain_PILT_hex"
      case rejected
    }
  }

  var identities: [Identity]
  var compatAuth: [CompatAuth]
  var beaconNames: [NamedBeacon]
  var compatAuthV2: [CompatAuthV2]
  var discoverProofs: [Proof]
  var discoverProofsRejected: [Rejected]
  var gone: [GoneVector]
  var goneRejected: [Rejected]
  var fragments: [FragmentVector]
  var fragmentsRejected: [Rejected]
  var fragmentOffers: [OfferVector]
  var drain: [DrainVector]
  var drainRejected: [Rejected]
  var drainNotices: [DrainNoticeVector]
  var drainNoticesRejected: [RejectedText]
  var clusterRelay: [ClusterRelayVector]
  var clusterRelayRejected: [Rejected]
  var packets: [PacketVector]
  var packetsRejected: [Rejected]
  var packetsWithTrailingBytes: Trailing
  var addresses: [Address]
  var addressesRejected: [String]
  var beaconMessages: [BeaconVector]
  var beaconMessagesRejected: [Rejected]
  var tunnel: Tunnel

  /// The whole file, or why it can't be read.
  static let all: Result<Vectors, any Error> = Result {
    let url = try #require(Bundle.module.url(forResource: "wire", withExtension: "json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in SnakeCaseKey(path) }
    return try decoder.decode(Vectors.self, from: Data(contentsOf: url))
  }

  /// The arguments of a parametrised test. Empty if the file can't be read; the tests that ask `all` fail then.
  static func list<Element>(_ part: (Vectors) -> [Element]) -> [Element] {
    (try? all.get()).map(part) ?? []
  }
}

/// `node_id` as `nodeId`; keys with capitals (`sealed_PILS`) stay as they are.
private struct SnakeCaseKey: CodingKey {
  var stringValue: String
  var intValue: Int?

  init(_ path: [any CodingKey]) {
    let key = path.last
    intValue = key?.intValue
    let text = key?.stringValue ?? ""
    let parts = text.split(separator: "_")
    let hasCapitals = text.contains { $0.isUppercase }
    stringValue =
      hasCapitals || parts.count < 2
      ? text : parts[0] + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  init?(stringValue: String) {
    self.stringValue = stringValue
  }

  init?(intValue: Int) {
    self.intValue = intValue
    stringValue = String(intValue)
  }
}
