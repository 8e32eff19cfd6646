import Crypto
import Foundation
import PilotTesting
import PilotWire
import Testing

@testable import PilotTunnel

/// What both ciphers do.
private protocol FrameCipher: Sendable {
  init?(key: SymmetricKey)
  func seal(_ frame: inout MutableRawSpan) -> Bool
  func open(_ frame: RawSpan, into plaintext: inout MutableRawSpan) -> Bool
}

extension PacketCipher: FrameCipher {}
extension LibraryCipher: FrameCipher {}

extension FrameCipher {
  /// The sealed frame of a header and a plaintext.
  fileprivate func sealed(_ header: [UInt8], _ plaintext: [UInt8]) -> [UInt8]? {
    var frame = header + plaintext + [UInt8](repeating: 0xEE, count: 16)
    return frame.lending { seal(&$0) } ? frame : nil
  }

  /// The plaintext of a frame; nil if it doesn't open, and then what `plaintext` held is told.
  fileprivate func opened(_ frame: [UInt8]) -> (plaintext: [UInt8], isRight: Bool) {
    var plaintext = [UInt8](repeating: 0xEE, count: frame.count - 36)
    let isRight = plaintext.lending { open(frame.span.raw, into: &$0) }
    return (plaintext, isRight)
  }
}

@Suite("The cipher of a session")
struct PacketCipherTests {
  private static func header(_ vector: TunnelVectors.Sealed) throws -> [UInt8] {
    Array(try bytes(hex: vector.frame_hex).prefix(20))
  }

  /// Both, with the key of the vectors.
  private static func ciphers() throws -> [any FrameCipher] {
    let key = SymmetricKey(data: try bytes(hex: try TunnelVectors.load().tunnel.aes256gcm_key_hex))
    return [try #require(PacketCipher(key: key)), try #require(LibraryCipher(key: key))]
  }

  @Test("Two key pairs make the key of the vectors, whichever half is private")
  func agreement() throws {
    let vectors = try TunnelVectors.load().tunnel
    let pairs = try vectors.x25519.map { try #require(AgreementKeyPair(privateBytes: try bytes(hex: $0.private_hex))) }
    for (pair, vector) in zip(pairs, vectors.x25519) {
      #expect(pair.publicKey.bytes == (try bytes(hex: vector.public_hex)))
    }
    for (own, peer) in [(0, 1), (1, 0)] {
      let key = try #require(pairs[own].sessionKey(with: pairs[peer].publicKey))
      #expect(unsafe key.withUnsafeBytes { unsafe Array($0) } == (try bytes(hex: vectors.aes256gcm_key_hex)))
    }
  }

  @Test("Frames of the vectors are sealed byte for byte, and open", arguments: [0, 1])
  func vectors(_ kind: Int) throws {
    let vectors = try TunnelVectors.load().tunnel
    let cipher = try Self.ciphers()[kind]
    #expect(vectors.sealed_PILS.count == 4)
    for vector in vectors.sealed_PILS {
      let frame = try bytes(hex: vector.frame_hex)
      let plaintext = try bytes(hex: vector.plaintext_hex)
      #expect(cipher.sealed(try Self.header(vector), plaintext) == frame)
      let opened = cipher.opened(frame)
      #expect(opened.isRight && opened.plaintext == plaintext)
    }
  }

  @Test("Rejected frames of the vectors don't open, and show nothing of what is in them", arguments: [0, 1])
  func rejected(_ kind: Int) throws {
    let vectors = try TunnelVectors.load().tunnel
    let cipher = try Self.ciphers()[kind]
    let plaintext = try bytes(hex: try #require(vectors.sealed_PILS.first).plaintext_hex)
    for why in ["PILS tag wrong", "PILS sender id changed (it is authenticated)"] {
      let vector = try #require(vectors.rejected.first { $0.why == why })
      let opened = cipher.opened(try bytes(hex: vector.hex))
      #expect(!opened.isRight && !opened.plaintext.starts(with: plaintext.prefix(8)))
    }
  }

  @Test("Both ciphers make the same of the same, of any length", arguments: [1, 2, 3])
  func sameAsTheLibrary(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let key = SymmetricKey(data: random.bytes(32))
    let (kept, library) = (try #require(PacketCipher(key: key)), try #require(LibraryCipher(key: key)))
    for length in [0, 1, 15, 16, 17, 34, 255, 1234, 4096, 65_000] {
      let header = random.bytes(20)
      let plaintext = random.bytes(length)
      let frame = try #require(kept.sealed(header, plaintext))
      #expect(frame == library.sealed(header, plaintext))
      #expect(kept.opened(frame).plaintext == plaintext)
      #expect(library.opened(frame).plaintext == plaintext)
    }
  }

  @Test("Each bit counts but those of the magic")
  func everyBit() throws {
    var random = SeededRandom(seed: 4)
    let cipher = try #require(PacketCipher(key: SymmetricKey(data: random.bytes(32))))
    let frame = try #require(cipher.sealed(random.bytes(20), random.bytes(34)))
    for bit in 32..<frame.count * 8 {
      var other = frame
      other[bit / 8] ^= 1 << (bit % 8)
      let opened = cipher.opened(other)
      #expect(!opened.isRight)
      #expect(opened.plaintext.allSatisfy { $0 == 0 })
    }
  }

  @Test("A key that makes no secret makes no session (RFC 7748, section 6.1)")
  func weakKeys() throws {
    var random = SeededRandom(seed: 5)
    let pair = AgreementKeyPair(using: &random)
    for first in [UInt8(0), 1] {
      let point = [first] + [UInt8](repeating: 0, count: 31)
      let key = try KeyAgreementKey(bytes: point.span.raw)
      #expect(pair.cipher(with: key) == nil)
    }
  }

  @Test("No text form of a key pair shows its private half")
  func noPrivateKeyInTexts() throws {
    let vector = try #require(try TunnelVectors.load().tunnel.x25519.first)
    let secret = try bytes(hex: vector.private_hex)
    let pair = try #require(AgreementKeyPair(privateBytes: secret))
    var dumped = ""
    dump(pair, to: &dumped)
    for text in ["\(pair)", String(reflecting: pair), dumped] {
      #expect(text.contains(pair.publicKey.base64))
      #expect(!text.contains(vector.private_hex) && !text.contains(Data(secret).base64EncodedString()))
    }
  }
}

extension SeededRandom {
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}
