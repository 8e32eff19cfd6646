import PilotWire
import Testing

@Suite struct HandshakeMessageTests {
  @Test(arguments: Vectors.list(\.compatAuth).indices)
  func vectorsGoBothWays(_ index: Int) throws {
    let vector = try Vectors.all.get().compatAuth[index]
    let node = try #require(NodeID(vector.nodeId))
    let time = vector.challenge.ts.map { ",\"ts\":\($0)" } ?? ""
    let text = "{\"type\":\"auth_challenge\",\"nonce\":\"\(vector.challenge.nonce)\"\(time)}"

    guard case .challenge(let challenge) = try read(text) else {
      Issue.record("not a challenge")
      return
    }
    #expect(challenge.nonce.hex == vector.challenge.nonce)
    #expect(challenge.timestamp == vector.challenge.ts)
    #expect(challenge.json == text)
    #expect(AuthReply.signedText(node: node, challenge: challenge) == vector.signedText)

    let reply = AuthReply(
      node: node,
      publicKey: try #require(PublicKey(base64: vector.publicKey)),
      signature: try #require(Signature(base64: vector.sig)))
    #expect(
      reply.json == "{\"type\":\"auth_reply\",\"node_id\":\(vector.nodeId),\"public_key\":\"\(vector.publicKey)\","
        + "\"sig\":\"\(vector.sig)\"}")
    #expect(try read(reply.json) == .reply(reply))
  }

  @Test(arguments: Vectors.list(\.compatAuthV2).indices)
  func vectorsThatNameTheBeaconGoBothWays(_ index: Int) throws {
    let vector = try Vectors.all.get().compatAuthV2[index]
    let node = try #require(NodeID(vector.nodeId))
    let beacon = try #require(BeaconName(parsing: vector.beacon))
    let nonce = try #require(ChallengeNonce(hex: vector.challenge.nonce))
    let challenge = AuthChallenge(nonce: nonce, timestamp: vector.challenge.ts)
    #expect(AuthReply.signedText(node: node, challenge: challenge, beacon: beacon) == vector.signedText)
    let reply = AuthReply(
      node: node, publicKey: try #require(PublicKey(base64: vector.publicKey)),
      signature: try #require(Signature(base64: vector.sig)), beacon: beacon)
    #expect(reply.json.hasSuffix(",\"sig\":\"\(vector.sig)\",\"beacon\":\"\(vector.beacon)\"}"))
    #expect(try read(reply.json) == .reply(reply))
    // The same without the name is the reply of `pilot.v1`.
    let text = reply.json.replacing(",\"beacon\":\"\(vector.beacon)\"", with: "")
    #expect(try read(text) == .reply(AuthReply(node: node, publicKey: reply.publicKey, signature: reply.signature)))
    for other in ["\"Beacon.example:443\"", "\"beacon.example\"", "\"\"", "7", "null", "[]"] {
      let text = reply.json.replacing("\"\(vector.beacon)\"", with: other)
      #expect(throws: WireError.invalidMember("beacon")) { try read(text) }
    }
  }

  @Test func okGoesBothWays() throws {
    #expect(AuthOK().json == "{\"type\":\"auth_ok\"}")
    #expect(try read(AuthOK().json) == .ok)
  }

  @Test func unknownTypesAndMembersAreNoFault() throws {
    #expect(try read(#"{"type":"goodbye","why":{"a":[1,2,{"b":null}]}}"#) == .unknown(type: "goodbye"))
    #expect(try read(#" { "later" : [ ] , "type" : "auth_ok" , "x" : -1.5e3 } "#) == .ok)
    #expect(try read(#"{"\u0074ype":"auth\u005fok"}"#) == .ok)
  }

  @Test(
    arguments: [
      (#"{}"#, .missingMember("type")), (#"{"type":1}"#, .invalidMember("type")),
      (#"{"type":null}"#, .invalidMember("type")), (#"{"type":"auth_challenge"}"#, .missingMember("nonce")),
      (#"{"type":"auth_challenge","nonce":"00"}"#, .invalidMember("nonce")),
      (#"{"type":"auth_challenge","nonce":7}"#, .invalidMember("nonce")),
      (#"{"type":"auth_reply"}"#, .missingMember("node_id")),
      (#"{"type":"auth_reply","node_id":"7"}"#, .invalidMember("node_id")),
      (#"{"type":"auth_reply","node_id":0}"#, .nodeIDZero),
      (#"{"type":"auth_reply","node_id":-1}"#, .invalidMember("node_id")),
      (#"{"type":"auth_reply","node_id":1.0}"#, .invalidMember("node_id")),
      (#"{"type":"auth_reply","node_id":1e3}"#, .invalidMember("node_id")),
      (#"{"type":"auth_reply","node_id":4294967296}"#, .invalidMember("node_id")),
      (#"{"type":"auth_reply","node_id":7}"#, .missingMember("public_key")),
      (#"{"type":"auth_reply","node_id":7,"public_key":"AAAA"}"#, .invalidMember("public_key")),
    ] as [(String, WireError)])
  func incompleteMessageIsRefusedWithItsReason(_ text: String, _ reason: WireError) {
    #expect(throws: reason) { try read(text) }
  }

  @Test(arguments: ["-1", "1.5", "1e9", "\"1760759935\"", "null", "true", "[]", "18446744073709551616"])
  func timestampMustBeAWholeNumber(_ value: String) {
    let nonce = String(repeating: "0", count: 64)
    #expect(throws: WireError.invalidMember("ts")) {
      try read("{\"type\":\"auth_challenge\",\"nonce\":\"\(nonce)\",\"ts\":\(value)}")
    }
  }

  @Test func textIsBounded() {
    let long = String(repeating: " ", count: 4_096) + "{}"
    #expect(throws: WireError.payloadTooLong(limit: 4_096, had: 4_098)) { try read(long) }
    let small = Array("{}".utf8)
    let found = fault(small) { (text) throws(WireError) in _ = try HandshakeMessage(parsing: text, maximumLength: 1) }
    #expect(found == .payloadTooLong(limit: 1, had: 2))
  }

  private func read(_ text: String) throws(WireError) -> HandshakeMessage {
    try HandshakeMessage(parsing: Array(text.utf8).span.raw)
  }
}
