import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PilotTransport
import Testing

@testable import PilotWSS

struct TransportErrorMappingTests {
  private let beacon = WSSURL(host: "beacon.example", port: 8_443)

  private func configuration() throws -> WSSTransport.Configuration {
    WSSTransport.Configuration(
      beacon: beacon, node: try TestIdentities.node(7), identity: try TestIdentities.identity(7))
  }

  /// Each message names the beacon, and says what to try.
  @Test func `what fails below is explained`() {
    let table: [(TransportError, TransportError.Code, String)] = [
      (
        .init(connecting: ChannelError.connectTimeout(.seconds(1)), to: DialTarget(beacon)), .timedOut,
        "a firewall may drop TCP to port 8443: have it opened, or go through a proxy (--proxy)"
      ),
      (
        .init(connecting: IOError(errnoCode: 111, reason: "connect"), to: DialTarget(beacon)), .connectFailed,
        "does the beacon run"
      ),
      (.init(securing: NIOSSLError.uncleanShutdown, to: beacon), .connectFailed, "is it a beacon"),
      (
        .init(securing: NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])), to: beacon), .connectFailed,
        "TLS"
      ),
      (.init(securing: IOError(errnoCode: 104, reason: "read"), to: beacon), .connectFailed, "before it was secured"),
      (.init(securing: NIOSSLError.handshakeFailed(.unknownError([])), to: beacon), .tlsFailed, "TLS 1.2"),
      (.init(upgrading: NIOSSLError.uncleanShutdown, to: beacon), .connectFailed, "is it a beacon"),
      (.init(upgrading: HTTPParserError.headerOverflow, to: beacon), .upgradeRefused, "more than 8 HTTP heads"),
      (.init(upgrading: HTTPParserError.invalidVersion, to: beacon), .upgradeRefused, "doesn't speak HTTP"),
      (.init(upgrading: IOError(errnoCode: 104, reason: "read"), to: beacon), .connectFailed, "ended the connection"),
    ]
    for (error, code, hint) in table {
      #expect(error.code == code)
      #expect(error.message.contains("beacon.example"), "\(error)")
      #expect(error.message.contains(hint), "\(error)")
    }
  }

  @Test func `each answer to the upgrade is explained`() {
    let table: [(HTTPResponseStatus, TransportError.Code, String, RetryAdvice)] = [
      (.serviceUnavailable, .atCapacity, "at capacity", .later(after: nil)),
      (.tooManyRequests, .atCapacity, "too often", .later(after: nil)),
      (.custom(code: 599, reasonPhrase: "a\u{1B}b"), .upgradeRefused, "599 a b", .later(after: nil)),
      (.custom(code: 499, reasonPhrase: "c\u{1B}d"), .upgradeRefused, "499 c d instead", .never),
      (.upgradeRequired, .upgradeRefused, "proxy", .never),
      (.proxyAuthenticationRequired, .upgradeRefused, "--proxy http://USER:PASSWORD@HOST:PORT", .never),
      (.notFound, .upgradeRefused, "/v1/compat", .never),
      (.badGateway, .upgradeRefused, "502", .later(after: nil)),
      (.gatewayTimeout, .upgradeRefused, "504", .later(after: nil)),
      (.internalServerError, .upgradeRefused, "is it up", .later(after: nil)),
      (.requestTimeout, .upgradeRefused, "408", .later(after: nil)),
      (.notImplemented, .upgradeRefused, "501", .never),
      (.ok, .upgradeRefused, "200", .never),
    ]
    for (status, code, hint, retry) in table {
      let error = TransportError(
        refusedUpgrade: HTTPResponseHead(version: .http1_1, status: status), text: nil, of: beacon, at: 0)
      #expect(error.code == code)
      #expect(error.retry == retry)
      #expect(error.message.contains("beacon.example") && error.message.contains(hint), "\(error)")
    }
  }

  @Test func `when to come back is told with what passes`() {
    let head = HTTPResponseHead(version: .http1_1, status: .badGateway, headers: ["Retry-After": "7"])
    let error = TransportError(refusedUpgrade: head, text: nil, of: beacon, at: 0)
    #expect(error.retryAfter == .seconds(7))
    #expect(error.retry == .later(after: .seconds(7)))
  }

  @Test func `a certificate that is not valid now may be, later`() {
    let faults: [(CertificateFault, RetryAdvice)] = [
      (.expired(1, now: 2), .later(after: nil)), (.notYetValid(2, now: 1), .later(after: nil)),
      (.authorityNotValid, .later(after: nil)), (.selfSigned("a"), .never), (.otherHost([]), .never),
      (.notAccepted, .never),
    ]
    for (fault, retry) in faults {
      #expect(TransportError(untrusted: beacon, fault, cause: NIOSSLError.uncleanShutdown).retry == retry)
    }
  }

  @Test func `a refused identity says who was refused, and why that may be`() throws {
    let refusal = WebSocketEnd.closed(WebSocketCloseFrame(.policyViolation, reason: "auth failed"))
    let error = TransportError(refusal, of: try configuration(), wasEstablished: false)
    #expect(error.code == .authenticationFailed)
    for part in ["beacon.example", "refused node 7", "auth failed", "may not know this node", "another key", "clocks"] {
      #expect(error.message.contains(part), "\(part)")
    }
    #expect(error.isHopeless)
  }

  @Test func `each end of a connection is explained`() throws {
    let policy = WebSocketCloseFrame(.policyViolation, reason: "too much")
    let table: [(WebSocketEnd, TransportError.Code, String, hopeless: Bool)] = [
      (.closed(policy), .connectionLost, "1008: \"too much\"", false),
      (.closed(WebSocketCloseFrame(.normal, reason: "replaced")), .replaced, "running twice", true),
      (.closed(WebSocketCloseFrame(.normal)), .connectionLost, "no reason given", false),
      (.closed(.empty), .connectionLost, "no code", false),
      (.closed(WebSocketCloseFrame(.goingAway, reason: "a\u{7}\nb")), .connectionLost, "1001: \"a b\"", false),
      (.closedHere(policy), .protocolViolation, "too much", false),
      (.failed(.reservedBits), .protocolViolation, "reserved bits", false),
      (.silent(.seconds(10)), .connectionLost, "no sign of life within 10", false),
      (.stalled(.seconds(30)), .connectionLost, "took nothing", false),
      (.authenticationTimedOut, .timedOut, "authentication", false),
      (.lost(nil), .connectionLost, "was lost", false),
    ]
    for (end, code, hint, hopeless) in table {
      let error = TransportError(end, of: try configuration(), wasEstablished: true)
      #expect(error.code == code)
      #expect(error.isHopeless == hopeless)
      #expect(error.message.contains("beacon.example") || code == .replaced)
      #expect(error.message.contains(hint), "\(error)")
    }
  }

  /// What this end objects to must not be taken for the beacon's word on this node.
  @Test func `this end's own objection to the authentication is no refusal of the node`() throws {
    let objection = WebSocketEnd.closedHere(WebSocketCloseFrame(.policyViolation, reason: "not understood"))
    let error = TransportError(objection, of: try configuration(), wasEstablished: false)
    #expect(error.code == .protocolViolation)
    #expect(!error.isHopeless)
  }
}
