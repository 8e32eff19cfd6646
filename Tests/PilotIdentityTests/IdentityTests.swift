import PilotIdentity
import PilotWire
import Testing

@Suite("Identity")
struct IdentityTests {
  @Test("a seed gives the public key of its vector", arguments: Vectors.nodes)
  func seed(node: Vectors.Node) throws {
    #expect(try node.identity().publicKey.base64 == node.publicKey)
  }

  @Test("a seed of another length than 32 bytes is refused", arguments: [0, 31, 33, 64])
  func seedLength(length: Int) {
    let seed = [UInt8](repeating: 7, count: length)
    #expect(throws: IdentityError.wrongSeedLength(length)) { try Identity(seed: seed.span.raw) }
  }

  @Test("generated identities differ, and sign what they alone verify")
  func generated() throws {
    let (one, other) = (Identity(), Identity())
    #expect(one.publicKey != other.publicKey)
    let signature = try one.sign("text")
    #expect(one.publicKey.verifies(signature, of: "text"))
    #expect(!one.publicKey.verifies(signature, of: "texT"))
    #expect(!other.publicKey.verifies(signature, of: "text"))
  }

  @Test("the signatures of the handshake vectors come out, and verify", arguments: Vectors.authentications)
  func handshakeVectors(vector: Vectors.Authentication) throws {
    let challenge = try vector.challenge()
    let node = try vector.node.nodeID()
    #expect(AuthReply.signedText(node: node, challenge: challenge) == vector.signedText)

    let reply = try vector.node.identity().reply(to: challenge, as: node)
    #expect(reply.node == node)
    #expect(reply.publicKey.base64 == vector.node.publicKey)
    #expect(reply.publicKey.verifies(reply.signature, of: vector.signedText))
    #expect(try vector.node.key().verifies(vector.reply().signature, of: vector.signedText))
    #if !canImport(Darwin)
      // CryptoKit on Apple platforms mixes randomness into its signatures.
      #expect(reply.signature.base64 == vector.signature)
    #endif
  }

  @Test("the signatures of the vectors that name a beacon come out, and verify")
  func vectorsThatNameTheBeacon() throws {
    let identity = try Vectors.first.identity()
    let node = try Vectors.first.nodeID()
    let beacon = try #require(BeaconName(host: "Beacon.example.", port: 443))
    let reply = try identity.reply(to: Vectors.authentications[0].challenge(), as: node, dialling: beacon)
    #expect(reply.beacon == beacon)
    #expect(identity.publicKey.verifies(reply.signature, of: Vectors.namingBeacon.text))
    let frame = try hexBytes(Vectors.discoverProof)
    let proof = try DiscoverProof(parsing: frame.span.raw)
    let own = try identity.proof(of: proof.challenge, dialling: proof.beacon)
    #expect(identity.publicKey.verifies(proof.signature, of: proof.challenge.signedText(naming: proof.beacon)))
    #if !canImport(Darwin)
      #expect(reply.signature.base64 == Vectors.namingBeacon.signature)
      #expect(own == proof)
    #endif
  }

  @Test("the grant of the punch request vector is signed by its target, and by nobody else")
  func punchGrant() throws {
    let frame = try hexBytes(Vectors.punchRequest)
    let request = try PunchRequest(parsing: frame.span.raw)
    let grant = try #require(request.grant)
    let text = PunchGrant.signedText(requester: request.requester, target: request.target, expiry: grant.expiry)
    #expect(try Vectors.second.key().verifies(grant.signature, of: text))
    #expect(try !Vectors.first.key().verifies(grant.signature, of: text))
    let later = PunchGrant.signedText(requester: request.requester, target: request.target, expiry: grant.expiry + 1)
    #expect(try !Vectors.second.key().verifies(grant.signature, of: later))
  }

  @Test("the signatures of the PILA vectors verify with the key of their sender", arguments: [0, 1])
  func authenticatedKeyExchange(index: Int) throws {
    let frame = try hexBytes(Vectors.authenticatedKeyExchanges[index])
    let message = Array("auth".utf8) + frame[4..<40]
    let signature = try Signature(bytes: Array(frame[72...]).span.raw)
    #expect(try Vectors.nodes[index].key().verifies(signature, of: message.span.raw))
    #expect(try !Vectors.nodes[1 - index].key().verifies(signature, of: message.span.raw))
    #if !canImport(Darwin)
      #expect(try Vectors.nodes[index].identity().sign(message.span.raw) == signature)
    #endif
  }

  @Test("a PILA signed by another key does not verify with the key that is known for its sender")
  func foreignKeyExchange() throws {
    let frame = try hexBytes(Vectors.keyExchangeSignedByAnother)
    let message = Array("auth".utf8) + frame[4..<40]
    let signature = try Signature(bytes: Array(frame[72...]).span.raw)
    #expect(try !Vectors.first.key().verifies(signature, of: message.span.raw))
  }

  @Test("a signature with any one bit flipped does not verify")
  func flippedBits() throws {
    let vector = Vectors.authentications[0]
    let key = try vector.node.key()
    let signature = try vector.reply().signature
    for bit in 0..<512 {
      var bytes = signature.bytes
      bytes[bit / 8] ^= 1 << (bit % 8)
      let flipped = try Signature(bytes: bytes.span.raw)
      #expect(!key.verifies(flipped, of: vector.signedText), "bit \(bit)")
    }
  }

  @Test("bytes that are no key verify nothing", arguments: [UInt8(0), 2, 0xFF])
  func noKey(byte: UInt8) throws {
    let key = try PublicKey(bytes: [UInt8](repeating: byte, count: 32).span.raw)
    let vector = Vectors.authentications[0]
    #expect(try !key.verifies(vector.reply().signature, of: vector.signedText))
  }

  @Test("no text form of an identity shows its private key", arguments: Vectors.nodes)
  func secrets(node: Vectors.Node) throws {
    struct Holder { let identity: Identity }
    let identity = try node.identity()
    var dumped = ""
    dump(identity, to: &dumped)
    dump(Holder(identity: identity), to: &dumped)
    let texts = [
      "\(identity)", identity.description, identity.debugDescription, String(describing: identity),
      String(reflecting: identity), String(reflecting: Optional(identity)), String(reflecting: [identity]),
      String(reflecting: Holder(identity: identity)), dumped,
    ]
    for text in texts {
      #expect(text.contains(node.publicKey))
      try expectNoSecret(of: node, in: text)
    }
    #expect(Mirror(reflecting: identity).children.count == 1)
  }
}

/// Fails if `text` holds the private key of `node` in one of the forms that it could have.
func expectNoSecret(of node: Vectors.Node, in text: String) throws {
  let seed = try hexBytes(node.seed)
  let forms = [
    node.seed, node.seed.uppercased(), node.privateKey, String(node.privateKey.prefix(40)),
    String(node.privateKey.prefix(12)), seed.prefix(4).map(String.init).joined(separator: ", "),
  ]
  for form in forms { #expect(!text.contains(form)) }
}
