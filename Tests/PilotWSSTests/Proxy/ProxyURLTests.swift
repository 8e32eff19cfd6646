import PilotTransport
import Testing

@testable import PilotWSS

struct ProxyURLTests {
  /// A text, what is shown of it, its user and its password.
  static let rows: [(String, String, String?, String?)] = [
    ("http://proxy.test", "http://proxy.test:80", nil, nil),
    ("http://proxy.test:3128/", "http://proxy.test:3128", nil, nil),
    ("HTTPS://proxy.test", "https://proxy.test:443", nil, nil),
    ("socks5://proxy.test", "socks5://proxy.test:1080", nil, nil),
    ("socks5h://[::1]:9050", "socks5h://[::1]:9050", nil, nil),
    ("socks://127.0.0.1:1080/", "socks5://127.0.0.1:1080", nil, nil),
    ("proxy.test:3128", "http://proxy.test:3128", nil, nil),
    ("proxy.test", "http://proxy.test:80", nil, nil),
    ("http://user:pw@proxy.test", "http://…@proxy.test:80", "user", "pw"),
    ("user:pw@proxy.test:1", "http://…@proxy.test:1", "user", "pw"),
    ("http://user@proxy.test", "http://…@proxy.test:80", "user", ""),
    ("http://:pw@proxy.test", "http://…@proxy.test:80", "", "pw"),
    ("http://us%65r:p%40%3A%2Fw@proxy.test", "http://…@proxy.test:80", "user", "p@:/w"),
    ("http://user:a:b@c/d?e#f@proxy.test", "http://…@proxy.test:80", "user", "a:b@c/d?e#f"),
    ("http://user:%C3%BC@proxy.test", "http://…@proxy.test:80", "user", "ü"),
  ]

  @Test(arguments: rows.indices)
  func `a URL is read, and shown without user and password`(index: Int) throws {
    let (text, shown, user, password) = Self.rows[index]
    let url = try ProxyURL(parsing: text)
    #expect(url.description == shown && String(reflecting: url) == shown)
    #expect(url.credentials?.user == user && url.credentials?.password == password)
  }

  /// Each holds a password, which the error must not.
  @Test(arguments: [
    ("ftp://u:hunter2@a", "must begin with"), ("socks4://u:hunter2@a", "socks5://"), ("socks4a://hunter2", "socks5://"),
    ("pac+http://hunter2/wpad.dat", "PAC"), ("http://hunter2/proxy.pac", "PAC"), ("http://a/?hunter2", "no path"),
    ("http://u:hunter2@", "host is missing"), ("http://u:hunter2@a:0", "port"), ("http://u:hunter2@a:x", "port"),
    ("http://u:hunter2%@a", "%25"), ("http://u:hunter2%4@a", "%25"), ("http://u:hunter2%zz@a", "%25"),
    ("http://u:hunter2%ff@a", "UTF-8"), ("http://u:hunter2%0d%0a@a", "control characters"),
    ("http://u:hunter2 @a", "spaces"),
    ("http://u:hunter2\n@a", "spaces"), ("http://u%3Ax:hunter2@a", "no colon"), ("socks5://u:@a", "1 to 255 bytes"),
    ("http://u:hunter2@[::1", "bracket"), ("http://u:hunter2@a b", "spaces"),
  ])
  func `what is wrong is said, without the text`(text: String, reason: String) {
    let error = #expect(throws: TransportError.self) { try ProxyURL(parsing: text) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains(reason) == true, "\(error as Any)")
    #expect(error.map { "\($0)".contains("hunter2") } == false)
  }

  @Test func `credentials show nothing, however they are printed`() throws {
    let credentials = try ProxyCredentials(parsing: "hunter1:hunter2:3")
    #expect(credentials.user == "hunter1" && credentials.password == "hunter2:3")
    var dumped = ""
    dump(credentials, to: &dumped)
    dump(try ProxyURL(parsing: "http://hunter1:hunter2@a"), to: &dumped)
    var configuration = try TestClient.configuration(WSSURL(host: "a"))
    configuration.proxy = .url(try ProxyURL(parsing: "http://hunter1:hunter2@a"))
    dump(configuration.proxy, to: &dumped)
    #expect(!"\(credentials)\(String(reflecting: credentials))\(configuration.proxy)\(dumped)".contains("hunter"))
    #expect(throws: TransportError.self) { try ProxyCredentials(parsing: "hunter2") }
    #expect(throws: TransportError.self) {
      try ProxyCredentials(user: "a", password: String(repeating: "a", count: 8_193))
    }
  }
}
