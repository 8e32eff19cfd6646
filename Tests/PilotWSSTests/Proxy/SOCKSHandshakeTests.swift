import NIOCore
import PilotTransport
import Testing

@testable import PilotWSS

struct SOCKSHandshakeTests {
  private let proxy: ProxyURL
  private let credentials: ProxyCredentials

  init() throws {
    proxy = try ProxyURL(parsing: "socks5://user:pw@proxy.test")
    credentials = try ProxyCredentials(user: "user", password: "pw")
  }

  private func handshake(_ host: String = "beacon.test") -> SOCKSHandshake {
    SOCKSHandshake(through: proxy, to: WSSURL(host: host, port: 258))
  }

  private func receive(_ handshake: inout SOCKSHandshake, _ bytes: [UInt8]) -> ProxyStep {
    handshake.receive(ByteBuffer(bytes: bytes))
  }

  @Test func `a name goes to the proxy as it is`() {
    var socks = handshake()
    #expect(socks.begin(as: nil) == [5, 1, 0])
    let request = [5, 1, 0, 3, 11] + Array("beacon.test".utf8) + [1, 2]
    #expect(receive(&socks, [5, 0]) == .send(request))
    #expect(receive(&socks, [5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9]) == .open(rest: ByteBuffer(bytes: [9])))
  }

  @Test(
    arguments: [
      ("192.0.2.1", [1, 192, 0, 2, 1]), ("2001:db8::1", [4, 0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
      ("fe80::1%eth0", [4, 0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ] as [(String, [UInt8])])
  func `an address goes as one`(host: String, bytes: [UInt8]) {
    var socks = handshake(host)
    _ = socks.begin(as: nil)
    #expect(receive(&socks, [5, 0]) == .send([5, 1, 0] + bytes + [1, 2]))
  }

  @Test func `a password is said if the proxy asks for it, and all comes in pieces`() {
    var socks = handshake()
    #expect(socks.begin(as: credentials) == [5, 2, 0, 2])
    #expect(receive(&socks, [5]) == .wait)
    #expect(receive(&socks, [2]) == .send([1, 4] + Array("user".utf8) + [2] + Array("pw".utf8)))
    #expect(receive(&socks, [1]) == .wait)
    guard case .send(let request) = receive(&socks, [0]) else { Issue.record("no request"); return }
    #expect(request.first == 5)
    for byte in [5, 0, 0, 3, 2, 65, 66, 1] as [UInt8] { #expect(receive(&socks, [byte]) == .wait) }
    #expect(receive(&socks, [1]) == .open(rest: ByteBuffer()))
  }

  /// What the proxy says after the greeting, with credentials or without; what the error says, and whether others may help.
  @Test(
    arguments: [
      ([0x48], true, "in HTTP; write http://", true), ([4, 0], true, "SOCKS 5; is it a proxy", true),
      ([5, 0xFF], false, "wants a user and a password", true), ([5, 0xFF], true, "Kerberos", true),
      ([5, 2], false, "can't be read", true),
      ([5, 1], true, "can't be read", true), ([5, 2, 1, 1], true, "does not accept", true),
      ([5, 0, 5, 1], false, "SOCKS reply 1", false), ([5, 0, 5, 2], false, "forbids beacon.test:258", false),
      ([5, 0, 5, 3], false, "network unreachable", false), ([5, 0, 5, 4], false, "no such name", false),
      ([5, 0, 5, 5], false, "refused", false), ([5, 0, 5, 6], false, "too long", false),
      ([5, 0, 5, 7], false, "no connections", false),
      ([5, 0, 5, 8], false, "kind of address", false), ([5, 0, 5, 0, 0, 2, 0], false, "can't be read", true),
      ([5, 0, 6], false, "SOCKS 5", true),
    ] as [([UInt8], Bool, String, Bool)])
  func `a refusal says why`(bytes: [UInt8], isKnown: Bool, reason: String, wantsCredentials: Bool) {
    var socks = handshake()
    _ = socks.begin(as: isKnown ? credentials : nil)
    var refusals: [ProxyRefusal] = []
    for byte in bytes { if case .refuse(let refusal) = receive(&socks, [byte]) { refusals.append(refusal) } }
    #expect(refusals.count == 1)
    #expect(refusals.first?.error.code == .proxyRefused)
    #expect(refusals.first?.error.message.contains(reason) == true, "\(refusals)")
    #expect(refusals.first?.wantsCredentials == wantsCredentials)
    #expect(!"\(refusals)".contains("pw"))
    #expect(!socks.takesAnother)
  }

  @Test func `a proxy that goes on and on is left`() {
    var socks = handshake()
    _ = socks.begin(as: credentials)
    guard case .refuse = receive(&socks, [UInt8](repeating: 5, count: 1_000)) else {
      Issue.record("no refusal")
      return
    }
  }

  @Test func `the end of the connection is told by where it comes`() {
    var socks = handshake()
    _ = socks.begin(as: credentials)
    #expect(socks.ended().error.message.contains("before it answered"))
    _ = receive(&socks, [5, 2])
    #expect(socks.ended().error.message.contains("does not accept") && socks.ended().wantsCredentials)
  }
}
