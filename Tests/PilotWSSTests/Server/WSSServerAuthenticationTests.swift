import PilotIdentity
import PilotWire
import Testing

@testable import PilotWSS

struct WSSServerAuthenticationTests {
  private typealias Machine = WSSServerAuthentication

  private func receive(_ text: String, _ machine: inout WSSServerAuthentication) -> WSSServerAuthentication.OnText {
    let bytes = Array(text.utf8)
    return machine.receive(text: bytes.span.raw)
  }

  private func machine() throws -> WSSServerAuthentication {
    WSSServerAuthentication(challenge: try TestIdentities.challenge())
  }

  @Test func `the known key's reply establishes the node`() throws {
    var machine = try machine()
    let node = try TestIdentities.node(7)
    #expect(receive(try TestIdentities.reply(to: machine.challenge), &machine) == .lookUpKey(of: node))
    #expect(!machine.isEstablished)
    #expect(machine.receive(key: try TestIdentities.identity(7).publicKey, now: 1_030) == .establish(node))
    #expect(machine.isEstablished)
    #expect(machine.claimedNode == node)
    for text in HostileTexts.all { #expect(receive(text, &machine) == .ignore) }
  }

  /// A reply, the known key, the time at which it is known, and why it is refused.
  static let refusals: [(key: UInt8, challenge: UInt8, known: UInt8?, now: UInt64, reason: WSSRefusal.Reason)] = [
    (key: 8, challenge: 1, known: 7, now: 1_000, reason: .wrongKey),
    (key: 7, challenge: 1, known: nil, now: 1_000, reason: .unknownNode),
    (key: 7, challenge: 2, known: 7, now: 1_000, reason: .badSignature),
    (key: 7, challenge: 1, known: 7, now: 1_031, reason: .expired),
    (key: 7, challenge: 1, known: 7, now: 969, reason: .expired),
  ]

  @Test(arguments: refusals.indices)
  func `a wrong key, an unknown node, another connection's reply and a late one are refused`(index: Int) throws {
    let row = Self.refusals[index]
    var machine = try machine()
    let reply = try TestIdentities.reply(to: TestIdentities.challenge(row.challenge), key: row.key)
    _ = receive(reply, &machine)
    let known = try row.known.map { try TestIdentities.identity($0).publicKey }
    #expect(machine.receive(key: known, now: row.now) == .refuse(row.reason))
    #expect(!machine.isEstablished)
    // For the log, which is of little use without.
    #expect(machine.claimedNode == (try TestIdentities.node(7)))
    #expect(receive(reply, &machine) == .ignore)
    #expect(machine.receive(key: try TestIdentities.identity(7).publicKey, now: 1_000) == .ignore)
    #expect(!machine.isEstablished)
  }

  private func namingMachine() throws -> WSSServerAuthentication {
    WSSServerAuthentication(
      challenge: try TestIdentities.challenge(), naming: .one { $0.description == "beacon.example:443" })
  }

  private func reply(to challenge: AuthChallenge, dialling host: String) throws -> String {
    let beacon = try #require(BeaconName(host: host, port: 443))
    return try TestIdentities.identity(7).reply(to: challenge, as: TestIdentities.node(7), dialling: beacon).json
  }

  @Test func `only a reply that names this beacon establishes a node that speaks pilot.v2`() throws {
    let key = try TestIdentities.identity(7).publicKey
    var machine = try namingMachine()
    _ = receive(try reply(to: machine.challenge, dialling: "beacon.example"), &machine)
    #expect(machine.receive(key: key, now: 1_000) == .establish(try TestIdentities.node(7)))

    machine = try namingMachine()
    _ = receive(try reply(to: machine.challenge, dialling: "other.example"), &machine)
    #expect(machine.receive(key: key, now: 1_000) == .refuse(.wrongBeacon))
    #expect(machine.claimedBeacon?.host == "other.example")
    #expect(!machine.isEstablished)

    machine = try namingMachine()
    #expect(receive(try TestIdentities.reply(to: machine.challenge), &machine) == .refuse(.unexpectedMessage))
  }

  @Test func `a reply that names a beacon proves nothing where none is asked for`() throws {
    var machine = try machine()
    _ = receive(try reply(to: machine.challenge, dialling: "beacon.example"), &machine)
    #expect(machine.receive(key: try TestIdentities.identity(7).publicKey, now: 1_000) == .refuse(.badSignature))
  }

  @Test func `the broadcast address is no node's, whatever a directory says`() throws {
    var machine = try machine()
    let everybody = PilotAddress.broadcastNode
    _ = receive(try TestIdentities.reply(to: machine.challenge, as: everybody), &machine)
    #expect(machine.receive(key: try TestIdentities.identity(7).publicKey, now: 1_000) == .refuse(.unknownNode))
    #expect(!machine.isEstablished)
  }

  @Test(arguments: HostileTexts.all)
  func `what is no reply is refused`(text: String) throws {
    var machine = try machine()
    #expect(receive(text, &machine) == .refuse(.unexpectedMessage))
    #expect(machine.claimedNode == nil)
    #expect(receive(try TestIdentities.reply(to: machine.challenge), &machine) == .ignore)
  }

  @Test func `messages that are the beacon's to send are refused`() throws {
    for text in [AuthOK().json, try TestIdentities.challenge().json, #"{"type":"motd"}"#] {
      var machine = try machine()
      #expect(receive(text, &machine) == .refuse(.unexpectedMessage))
    }
  }

  @Test func `a second text while the key is looked up is refused, and the key comes too late`() throws {
    var machine = try machine()
    let reply = try TestIdentities.reply(to: machine.challenge)
    _ = receive(reply, &machine)
    #expect(receive(reply, &machine) == .refuse(.unexpectedMessage))
    #expect(machine.receive(key: try TestIdentities.identity(7).publicKey, now: 1_000) == .ignore)
    #expect(machine.lookupFailed() == .ignore)
    #expect(!machine.isEstablished)
  }

  @Test func `keys that can't be looked up refuse the node for now`() throws {
    var machine = try machine()
    _ = receive(try TestIdentities.reply(to: machine.challenge), &machine)
    #expect(machine.lookupFailed() == .refuse(.lookupFailed))
    #expect(!machine.isEstablished)
  }

  @Test func `a key that nobody asked for establishes nothing`() throws {
    var machine = try machine()
    #expect(machine.receive(key: try TestIdentities.identity(7).publicKey, now: 1_000) == .ignore)
    #expect(machine.lookupFailed() == .ignore)
  }
}
