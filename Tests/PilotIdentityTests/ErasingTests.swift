import PilotWire
import Testing

@testable import PilotIdentity

@Suite("Secrets that are overwritten")
struct ErasingTests {
  @Test("What is erased is zeros; a copy stays")
  func erased() {
    var secret = [UInt8](1...64)
    let copy = secret
    secret.erase()
    #expect(secret == [UInt8](repeating: 0, count: 64))
    #expect(copy == [UInt8](1...64))
    var nothing: [UInt8] = []
    nothing.erase()
    #expect(nothing.isEmpty)
  }

  @Test("A document that is erased has no private key any more, and its public one still")
  func document() throws {
    let identity = Identity()
    var document = IdentityDocument(
      seed: identity.seed, publicHalf: identity.publicKey.bytes, publicKey: identity.publicKey)
    document.erase()
    #expect(document.seed == [UInt8](repeating: 0, count: 32))
    #expect(document.publicKey == identity.publicKey)
  }
}
