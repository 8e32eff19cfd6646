import PilotTransport
import Testing

@testable import PilotWSS

struct ProxyEnvironmentTests {
  private func decision(_ environment: [String: String], _ beacon: String = "wss://beacon.test") throws -> String {
    try ProxySelection.environment(ProxyEnvironment(environment)).decision(for: WSSURL(parsing: beacon)).description
  }

  /// The variables, the beacon, and what is said of it.
  static let rows: [([String: String], String, String)] = [
    ([:], "wss://b.test", "no proxy: no variable names one"),
    (["https_proxy": ""], "wss://b.test", "no proxy: no variable names one"),
    (["https_proxy": "a:1"], "wss://b.test", "http://a:1 from https_proxy"),
    (["HTTPS_PROXY": "a:1"], "wss://b.test", "http://a:1 from HTTPS_PROXY"),
    (["https_proxy": "a:1", "HTTPS_PROXY": "b:1"], "wss://b.test", "http://a:1 from https_proxy"),
    (["https_proxy": "", "HTTPS_PROXY": "b:1"], "wss://b.test", "http://b:1 from HTTPS_PROXY"),
    (["HTTPS_PROXY": "a:1", "all_proxy": "b:1"], "wss://b.test", "http://a:1 from HTTPS_PROXY"),
    (["all_proxy": "a:1", "ALL_PROXY": "b:1"], "wss://b.test", "http://a:1 from all_proxy"),
    (["ALL_PROXY": "socks5://a"], "wss://b.test", "socks5://a:1080 from ALL_PROXY"),
    (["http_proxy": "a:1"], "wss://b.test", "no proxy: no variable names one"),
    (["http_proxy": "a:1"], "ws://b.test", "http://a:1 from http_proxy"),
    (["https_proxy": "a:1"], "ws://b.test", "no proxy: no variable names one"),
    // A web server's programs get a request's Proxy field by this name.
    (["HTTP_PROXY": "a:1"], "ws://b.test", "no proxy: no variable names one"),
    (["HTTP_PROXY": "a:1", "REQUEST_METHOD": "GET"], "wss://b.test", "no proxy: no variable names one"),
    (["ALL_PROXY": "a:1"], "ws://b.test", "http://a:1 from ALL_PROXY"),
    (["https_proxy": "a:1", "no_proxy": "b.test"], "wss://b.test", "no proxy: \"b.test\" in no_proxy"),
    (["https_proxy": "a:1", "NO_PROXY": "*.test"], "wss://b.test", "no proxy: \"*.test\" in NO_PROXY"),
    (["https_proxy": "a:1", "no_proxy": "c.test", "NO_PROXY": "*"], "wss://b.test", "http://a:1 from https_proxy"),
    (["https_proxy": "a:1", "no_proxy": "", "NO_PROXY": "*"], "wss://b.test", "no proxy: \"*\" in NO_PROXY"),
    (["https_proxy": "a:1", "no_proxy": "b.test:444"], "wss://b.test", "http://a:1 from https_proxy"),
    (["https_proxy": "a:1"], "wss://localhost", "no proxy: the beacon is on this machine"),
    (["https_proxy": "ftp://x", "no_proxy": "b.test"], "wss://b.test", "no proxy: \"b.test\" in no_proxy"),
    (["https_proxy": "ftp://x"], "wss://[::1]", "no proxy: the beacon is on this machine"),
  ]

  @Test(arguments: rows.indices)
  func `the environment names a proxy`(index: Int) throws {
    let (environment, beacon, expected) = Self.rows[index]
    #expect(try decision(environment, beacon) == expected)
  }

  @Test func `a variable that names no proxy is named, and not quoted`() {
    let error = #expect(throws: TransportError.self) { try decision(["HTTPS_PROXY": "ftp://user:hunter2@a"]) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("HTTPS_PROXY") == true)
    #expect(error.map { "\($0)".contains("hunter2") } == false)
  }

  @Test func `no text made of an environment holds a password`() throws {
    let variables = ["https_proxy": "http://user:hunter2@a:1", "ALL_PROXY": "hunter2:x@b"]
    let environment = ProxyEnvironment(variables)
    var dumped = ""
    dump(ProxySelection.environment(environment), to: &dumped)
    #expect(!"\(environment)\(String(reflecting: environment))\(dumped)".contains("hunter2"))
    #expect(try decision(variables) == "http://…@a:1 from https_proxy")
    #expect(ProxyEnvironment.namesOfSecrets(in: variables.merging(["PATH": "a@b"]) { $1 }) == Set(variables.keys))
  }

  @Test func `a proxy that is given takes no notice of variables, and has exceptions of its own`() throws {
    let proxy = try ProxyURL(parsing: "https://user:pw@proxy.test")
    let beacon = WSSURL(host: "beacon.test")
    let given = try ProxySelection.url(proxy, except: NoProxy(parsing: "b.test")).decision(for: beacon)
    #expect(given.proxy == proxy && given.description == "https://…@proxy.test:443 as configured")
    let exempt = try ProxySelection.url(proxy, except: NoProxy(parsing: "beacon.test")).decision(for: beacon)
    #expect(exempt.proxy == nil && exempt.description == "no proxy: \"beacon.test\" in the list of exceptions")
    #expect(try ProxySelection.none.decision(for: beacon).description == "no proxy: switched off")
  }
}
