import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

struct WSSURLTests {
  /// A text, and what it means: secure, host, port, path.
  static let valid: [(String, Bool, String, Int, String)] = [
    ("wss://beacon.example", true, "beacon.example", 443, "/v1/compat"),
    ("wss://beacon.example/", true, "beacon.example", 443, "/v1/compat"),
    ("wss://beacon.example/v1/compat", true, "beacon.example", 443, "/v1/compat"),
    ("wss://beacon.example:8443/a/b", true, "beacon.example", 8_443, "/a/b"),
    ("ws://127.0.0.1:1", false, "127.0.0.1", 1, "/v1/compat"),
    ("ws://localhost", false, "localhost", 80, "/v1/compat"),
    ("wss://[::1]", true, "::1", 443, "/v1/compat"),
    ("wss://[2001:db8::1]:65535/x", true, "2001:db8::1", 65_535, "/x"),
    ("WSS://Beacon.Example", true, "Beacon.Example", 443, "/v1/compat"),
    ("Ws://a_b-c.d", false, "a_b-c.d", 80, "/v1/compat"),
  ]

  @Test(arguments: valid.indices)
  func `a URL is read`(index: Int) throws {
    let (text, isSecure, host, port, path) = Self.valid[index]
    let url = try WSSURL(parsing: text)
    #expect(url == WSSURL(isSecure: isSecure, host: host, port: port, path: path))
    #expect(try WSSURL(parsing: url.description) == url)
  }

  static let invalid = [
    "", "wss:", "wss:/", "wss://", "wss:///", "wss://:443", "http://a", "https://a", "beacon.example", "://a",
    "wss://a:", "wss://a:0", "wss://a:65536", "wss://a:+80", "wss://a:-1", "wss://a:80x", "wss://a:8 0", "wss://a:b:c",
    "wss://user@a", "wss://a?x", "wss://a#x", "wss://a/?x", "wss://a/b c", "wss://bücher.example", " wss://a",
    "wss://a ",
    "wss://::1", "wss://[::1", "wss://[]", "wss://[::1]443", "wss://[a]", "wss://[127.0.0.1]", "wss://[::1]:",
    "wss://a]b",
    "wss://a/\r\nX-Evil:1", "wss://a\n", "wss://a\0", "wss://a\"b", "wss://a\\b", "wss://%61", "wss://a/\u{7F}",
  ]

  @Test(arguments: invalid)
  func `what is no URL is refused with a reason`(text: String) {
    let error = #expect(throws: TransportError.self) { try WSSURL(parsing: text) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("is no beacon URL: ") == true)
  }

  @Test func `the description leaves the default port out, and puts IPv6 in brackets`() throws {
    #expect(WSSURL(host: "a").description == "wss://a/v1/compat")
    #expect(WSSURL(host: "a", port: 80).description == "wss://a:80/v1/compat")
    #expect(WSSURL(isSecure: false, host: "a", port: 80).description == "ws://a/v1/compat")
    #expect(WSSURL(host: "::1", port: 9).authority == "[::1]:9")
  }

  @Test func `only this machine counts as loopback`() {
    for host in ["localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"] {
      #expect(WSSURL(isSecure: false, host: host).isLoopback, "\(host)")
    }
    for host in ["127.evil.example", "127.0.0.1.example", "localhost.example", "10.0.0.1", "::2", "fe80::1", "0.0.0.0"]
    {
      #expect(!WSSURL(isSecure: false, host: host).isLoopback, "\(host)")
    }
  }

  @Test func `an IP address has no server name, a host name has`() {
    #expect(WSSURL(host: "beacon.example").serverName == "beacon.example")
    #expect(WSSURL(host: "127.0.0.1").serverName == nil)
    #expect(WSSURL(host: "::1").serverName == nil)
    #expect(WSSURL(host: "beacon.example.").serverName == "beacon.example")
  }

  @Test func `the zone of an address is for this machine alone`() throws {
    let url = try WSSURL(parsing: "wss://[fe80::1%25none-such0]:9443")
    #expect(url.host == "fe80::1%none-such0")
    #expect(url.serverName == nil)
    #expect(url.hostField == "[fe80::1]:9443")
    #expect(try WSSURL(parsing: url.description) == url)
    #expect(try WSSURL(parsing: "wss://beacon_1.example").hostField == "beacon_1.example")
  }

  @Test func `a URL made of parts is held to the same rules before it is used`() throws {
    for url in [
      WSSURL(host: ""), WSSURL(host: "a b"), WSSURL(host: "a", port: 0), WSSURL(host: "a", port: 70_000),
      WSSURL(host: "a", port: -1), WSSURL(host: "a", path: "v1"), WSSURL(host: "a", path: "/\r\nX: y"),
      WSSURL(host: "a:b"), WSSURL(host: "a/b"),
    ] {
      let configuration = WSSTransport.Configuration(
        beacon: url, node: try TestIdentities.node(7), identity: try TestIdentities.identity(7))
      let error = #expect(throws: TransportError.self) { try WSSTransport.start(configuration) }
      #expect(error?.code == .invalidConfiguration)
    }
  }
}
