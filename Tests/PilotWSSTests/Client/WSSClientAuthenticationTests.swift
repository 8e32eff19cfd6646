import PilotIdentity
import PilotWire
import Testing

@testable import PilotWSS

struct WSSClientAuthenticationTests {
  private func machine() throws -> WSSClientAuthentication {
    WSSClientAuthentication(node: try TestIdentities.node(7), identity: try TestIdentities.identity(7))
  }

  private func receive(_ text: String, _ machine: inout WSSClientAuthentication) -> WSSClientAuthentication.OnText {
    let bytes = Array(text.utf8)
    return machine.receive(text: bytes.span.raw)
  }

  private func isViolation(_ result: WSSClientAuthentication.OnText) -> Bool {
    if case .violation = result { true } else { false }
  }

  @Test(arguments: [1_000, nil] as [UInt64?])
  func `a challenge is answered, with and without a time, and auth_ok establishes`(time: UInt64?) throws {
    var machine = try machine()
    let challenge = try TestIdentities.challenge(at: time)
    guard case .reply(let reply) = receive(challenge.json, &machine) else { throw Unexpected(machine) }
    guard case .reply(let parsed) = try HandshakeMessage(parsing: reply.span.raw) else { throw Unexpected(reply) }
    let key = try TestIdentities.identity(7).publicKey
    #expect(HandshakeVerifier().verdict(on: parsed, to: challenge, knownKey: key, now: 1_000) == .accepted)
    #expect(!machine.isEstablished)
    #expect(receive(AuthOK().json, &machine) == .established)
    #expect(machine.isEstablished)
  }

  @Test func `texts of unknown type are ignored at any time`() throws {
    var machine = try machine()
    let text = #"{"type":"motd","text":"hello"}"#
    #expect(receive(text, &machine) == .ignore)
    _ = receive(try TestIdentities.challenge().json, &machine)
    #expect(receive(text, &machine) == .ignore)
    _ = receive(AuthOK().json, &machine)
    #expect(receive(text, &machine) == .ignore)
  }

  @Test func `once established, nothing in a text can do harm`() throws {
    var machine = try machine()
    _ = receive(try TestIdentities.challenge().json, &machine)
    _ = receive(AuthOK().json, &machine)
    for text in HostileTexts.all + [AuthOK().json, try TestIdentities.challenge(2).json] {
      #expect(receive(text, &machine) == .ignore)
    }
    #expect(machine.isEstablished)
  }

  @Test(arguments: HostileTexts.all)
  func `what is no message ends the connection, in either step`(text: String) throws {
    var first = try machine()
    #expect(isViolation(receive(text, &first)))
    var second = try machine()
    _ = receive(try TestIdentities.challenge().json, &second)
    #expect(isViolation(receive(text, &second)))
    #expect(!first.isEstablished && !second.isEstablished)
  }

  @Test func `a beacon that skips or repeats a step is not believed`() throws {
    let challenge = try TestIdentities.challenge()
    let reply = try TestIdentities.reply(to: challenge)
    for text in [AuthOK().json, reply] {
      var machine = try machine()
      #expect(isViolation(receive(text, &machine)))
    }
    for text in [challenge.json, reply] {
      var machine = try machine()
      _ = receive(challenge.json, &machine)
      #expect(isViolation(receive(text, &machine)))
      #expect(!machine.isEstablished)
    }
  }
}
