import PilotIdentity
import PilotWire
import Testing

@testable import PilotWSS

/// Nodes with keys that are the same in every run.
enum TestIdentities {
  static func identity(_ number: UInt8) throws -> Identity {
    let seed = [UInt8](repeating: number, count: Identity.seedByteCount)
    return try Identity(seed: seed.span.raw)
  }

  static func node(_ number: UInt32) throws -> NodeID { try #require(NodeID(number)) }

  static func nonce(_ number: UInt8) throws -> ChallengeNonce {
    try #require(
      ChallengeNonce(hex: String(repeating: number < 16 ? "0\(String(number, radix: 16))" : "ff", count: 32)))
  }

  static func challenge(_ number: UInt8 = 1, at time: UInt64? = 1_000) throws -> AuthChallenge {
    AuthChallenge(nonce: try nonce(number), timestamp: time)
  }

  /// A text that answers a challenge.
  static func reply(to challenge: AuthChallenge, as node: UInt32 = 7, key: UInt8 = 7) throws -> String {
    try identity(key).reply(to: challenge, as: self.node(node)).json
  }
}

/// Texts that are no message of the authentication.
enum HostileTexts {
  static let all: [String] = [
    "", "null", "[]", "{", "{}", #"{"type":1}"#, #"{"type":"auth_challenge"}"#, #"{"type":"auth_reply"}"#,
    #"{"type":"auth_challenge","nonce":"00"}"#,
    #"{"type":"auth_challenge","nonce":"zz\#(String(repeating: "00", count: 31))","ts":1}"#,
    #"{"type":"auth_reply","node_id":0,"public_key":"","sig":""}"#,
    #"{"type":"auth_reply","node_id":4294967296,"public_key":"","sig":""}"#,
    #"{"type":"auth_reply","node_id":-1,"public_key":"x","sig":"y"}"#,
    String(repeating: "[", count: 4_000),
    #"{"type":"\#(String(repeating: "x", count: 1 << 20))"}"#,
  ]
}
