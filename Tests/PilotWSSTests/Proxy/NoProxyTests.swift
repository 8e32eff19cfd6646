import Testing

@testable import PilotWSS

struct NoProxyTests {
  /// A list, a host and port, and the entry that it is in; nil where the proxy is used.
  struct Row: Sendable {
    let list: String
    let host: String
    let port: Int
    let entry: String?

    init(_ list: String, _ host: String, _ entry: String?) { self.init(list, host, 443, entry) }

    init(_ list: String, _ host: String, _ port: Int, _ entry: String?) {
      (self.list, self.host, self.port, self.entry) = (list, host, port, entry)
    }
  }

  static let rows: [Row] = [
    // Nothing
    Row("", "example.com", nil),
    Row(" , ,, ", "example.com", nil),
    // Names: themselves and what ends with them behind a dot (curl, Go)
    Row("example.com", "example.com", "example.com"),
    Row("example.com", "www.example.com", "example.com"),
    Row("example.com", "a.b.example.com", "example.com"),
    Row("example.com", "notexample.com", nil),
    Row("example.com", "example.com.org", nil),
    Row("example.com", "example.org", nil),
    Row("example.com", "com", nil),
    Row("com", "example.com", "com"),
    Row("host", "host", "host"),
    Row("host", "host.example.com", nil),
    Row("w_w.example.com", "w_w.example.com", "w_w.example.com"),
    // With a dot before it: the name itself, too (curl)
    Row(".example.com", "example.com", ".example.com"),
    Row(".example.com", "www.example.com", ".example.com"),
    Row(".example.com", "notexample.com", nil),
    // With an asterisk (Go)
    Row("*.example.com", "www.example.com", "*.example.com"),
    Row("*.example.com", "example.com", "*.example.com"),
    Row("*.example.com", "notexample.com", nil),
    Row("*example.com", "www.example.com", nil),
    Row("www.*.com", "www.example.com", nil),
    // Letters, and the dot of the root (curl since 7.86)
    Row("EXAMPLE.com", "www.Example.COM", "EXAMPLE.com"),
    Row("example.com.", "example.com", "example.com."),
    Row("example.com", "example.com.", "example.com"),
    Row("example.com.", "www.example.com.", "example.com."),
    // Everything
    Row("*", "example.com", "*"),
    Row("*", "192.0.2.1", "*"),
    Row("*", "2001:db8::1", "*"),
    Row("a.test, *", "example.com", "*"),
    Row("*:443", "example.com", "*:443"),
    Row("*:80", "example.com", nil),
    // Lists: commas, white space, or both (curl)
    Row("a.test,example.com", "example.com", "example.com"),
    Row("a.test, example.com", "example.com", "example.com"),
    Row("a.test example.com", "example.com", "example.com"),
    Row("a.test\texample.com ,b.test", "b.test", "b.test"),
    Row(",example.com,", "example.com", "example.com"),
    Row("example.com,com", "example.com", "example.com"),
    // Ports (Go)
    Row("example.com:443", "example.com", "example.com:443"),
    Row("example.com:443", "www.example.com", "example.com:443"),
    Row("example.com:443", "example.com", 8_443, nil),
    Row(".example.com:8443", "www.example.com", 8_443, ".example.com:8443"),
    Row("192.0.2.1:443", "192.0.2.1", "192.0.2.1:443"),
    Row("192.0.2.1:443", "192.0.2.1", 80, nil),
    Row("[2001:db8::1]:443", "2001:db8::1", "[2001:db8::1]:443"),
    Row("[2001:db8::1]:443", "2001:db8::1", 80, nil),
    Row("example.com:0", "example.com", 0, nil),
    Row("example.com:http", "example.com", 80, nil),
    Row("example.com:", "example.com", nil),
    Row("example.com:65536", "example.com", nil),
    // IPv4 addresses and blocks (curl since 7.86, Go)
    Row("192.0.2.1", "192.0.2.1", "192.0.2.1"),
    Row("192.0.2.1", "192.0.2.10", nil),
    Row("192.0.2.1", "www.192.0.2.1", nil),
    Row("2.1", "192.0.2.1", nil),
    Row(".2.1", "192.0.2.1", nil),
    Row("192.0.2.0/24", "192.0.2.255", "192.0.2.0/24"),
    Row("192.0.2.0/24", "192.0.3.0", nil),
    Row("192.0.2.77/24", "192.0.2.1", "192.0.2.77/24"),
    Row("192.0.2.1/32", "192.0.2.1", "192.0.2.1/32"),
    Row("0.0.0.0/0", "203.0.113.9", "0.0.0.0/0"),
    Row("0.0.0.0/0", "2001:db8::1", nil),
    Row("0.0.0.0/0", "example.com", nil),
    Row("192.0.2.0/33", "192.0.2.1", nil),
    Row("192.0.2.0/", "192.0.2.1", nil),
    Row("192.0.2.0/-1", "192.0.2.1", nil),
    Row("192.0.2/24", "192.0.2.1", nil),
    Row("192.0.2.0/24:443", "192.0.2.1", nil),
    // IPv6 addresses and blocks, with brackets and without
    Row("2001:db8::1", "2001:db8::1", "2001:db8::1"),
    Row("2001:db8::1", "2001:0DB8:0::1", "2001:db8::1"),
    Row("[2001:db8::1]", "2001:db8::1", "[2001:db8::1]"),
    Row("2001:db8::1", "2001:db8::2", nil),
    Row("2001:db8::/32", "2001:db8:7::1", "2001:db8::/32"),
    Row("[2001:db8::]/32", "2001:db8:7::1", "[2001:db8::]/32"),
    Row("2001:db8::5/96", "2001:db8::1", "2001:db8::5/96"),
    Row("2001:db8::/32", "2001:db9::1", nil),
    Row("2001:db8::/129", "2001:db8::1", nil),
    Row("::/0", "2001:db8::1", "::/0"),
    Row("::/0", "192.0.2.1", nil),
    Row("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"),
    Row("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"),
    Row("fe80::/10", "fe80::1%eth0", "fe80::/10"),
    Row("2001:db8::1:443", "2001:db8::1", nil),
    // What can't be read is passed over
    Row("http://example.com", "example.com", nil),
    Row("exa mple.com", "mple.com", "mple.com"),
    Row("..example.com", "www.example.com", nil),
    Row(".", "example.com", nil),
    Row("bücher.example", "bücher.example", nil),
    Row("!,example.com", "example.com", "example.com"),
  ]

  @Test(arguments: rows.indices)
  func `a host is in a list, or not`(index: Int) {
    let row = Self.rows[index]
    #expect(NoProxy(parsing: row.list).entry(for: row.host, port: row.port) == row.entry, "\(row)")
  }

  @Test func `of a list 1,024 entries count`() {
    let names = (1...1_100).map { "h\($0).test" }
    let list = NoProxy(parsing: names.joined(separator: ","))
    #expect(list.entry(for: "h1024.test", port: 1) == "h1024.test")
    #expect(list.entry(for: "h1025.test", port: 1) == nil)
    #expect(list.leftOut == 76 && NoProxy(parsing: names.prefix(1_024).joined(separator: " ")).leftOut == 0)
  }

  @Test func `a proxy that is used although a list was cut says so, with the list's name`() throws {
    let names = (1...1_025).map { "h\($0).test" }.joined(separator: ",")
    let words = "; the last 1 entries of NO_PROXY don't count, since it has more than 1024"
    let environment = ProxyEnvironment(["https_proxy": "proxy.test", "NO_PROXY": names])
    let beacon = WSSURL(host: "beacon.test")
    let decision = try ProxySelection.environment(environment).decision(for: beacon)
    #expect(decision.unreadExceptions == 1)
    #expect(decision.description == "http://proxy.test:80 from https_proxy\(words)")
    let given = ProxySelection.url(
      try ProxyURL(parsing: "proxy.test"), except: environment.noProxy, listedIn: environment.noProxyVariable)
    #expect(try given.decision(for: beacon).description == "http://proxy.test:80 as configured\(words)")
    #expect(try given.decision(for: WSSURL(host: "h7.test")).description == "no proxy: \"h7.test\" in NO_PROXY")
    let unnamed = ProxySelection.url(try ProxyURL(parsing: "proxy.test"), except: environment.noProxy)
    #expect(try unnamed.decision(for: beacon).description.contains("entries of the list of exceptions don't count"))
  }

  @Test(arguments: ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
  func `this machine is never reached through a proxy`(host: String) throws {
    let proxy = try ProxyURL(parsing: "http://proxy.test:3128")
    let beacon = WSSURL(host: host)
    #expect(try ProxySelection.url(proxy).decision(for: beacon) == ProxyDecision(proxy: nil, reason: .loopback))
    let environment = ProxyEnvironment(["https_proxy": "proxy.test"])
    #expect(try ProxySelection.environment(environment).decision(for: beacon).reason == .loopback)
  }

  @Test(arguments: ["localhost.test", "128.0.0.1", "::2", "notlocalhost"])
  func `others are`(host: String) throws {
    let proxy = try ProxyURL(parsing: "http://proxy.test:3128")
    #expect(try ProxySelection.url(proxy).decision(for: WSSURL(host: host)).proxy == proxy)
  }
}
