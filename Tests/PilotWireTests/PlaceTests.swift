import PilotWire
import Testing

/// The values were computed by another program, in Python; those of texts are among the published vectors (draft-eastlake-fnv, the
/// test suite of its authors).
@Suite("A key's place among beacons")
struct PlaceTests {
  @Test(
    "FNV-1a with 32 bits",
    arguments: [
      ("", 0x811C_9DC5), ("a", 0xE40C_292C), ("b", 0xE70C_2DE5), ("f", 0xE30C_2799), ("fo", 0x6222_E842),
      ("foo", 0xA9F3_7ED7), ("foob", 0x3F50_76EF), ("fooba", 0x39AA_A18A), ("foobar", 0xBF9C_F968),
      ("ch", 0x5F29_9F4E), ("chongo was here!\n", 0xD499_30D5), ("64.81.78.68", 0x1D56_36A7),
    ] as [(String, UInt32)])
  func hash(_ text: String, _ expected: UInt32) {
    let bytes = Array(text.utf8)
    #expect(FNV1a.hash(bytes.span.raw) == expected)
  }

  @Test("Every byte value counts as one without a sign")
  func bytes() {
    let bytes: [UInt8] = [0xFF, 0, 0, 1]
    #expect(FNV1a.hash(bytes.span.raw) == 0xC48F_B86D)
  }

  static let counts = [1, 2, 3, 5, 7, 64]

  @Test(
    "The place is the hash of the 32 bytes, modulo how many there are",
    arguments: [
      ("PUfGTjX2/qQRA+ebR8PWZljxLIY5rNRVl3pXsSKZacA=", [0, 0, 1, 0, 2, 38]),
      ("bWr4MfPZNTYwull6u1sFaxjvG7hjjckUkuKvB3Dqr/4=", [0, 1, 2, 3, 3, 7]),
      ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", [0, 1, 2, 0, 5, 5]),
      ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", [0, 1, 2, 2, 0, 37]),
    ] as [(String, [Int])])
  func place(_ key: String, _ expected: [Int]) throws {
    let key = try #require(PublicKey(base64: key))
    #expect(Self.counts.map { key.place(among: $0) } == expected)
    #expect([0, -1, .min].map { key.place(among: $0) } == [0, 0, 0])
    #expect(key.place(among: .max) < UInt32.max)
  }
}
