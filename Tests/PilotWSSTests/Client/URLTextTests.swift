import PilotTransport
import Testing

@testable import PilotWSS

struct URLTextTests {
  /// A URL, and what is left of it where it is shown.
  static let table: [(String, String)] = [
    ("wss://beacon.example/v1/compat", "wss://beacon.example/v1/compat"),
    ("wss://user:hunter2@beacon.example/a", "wss://…@beacon.example/a"),
    ("wss://hunter2@beacon.example", "wss://…@beacon.example"),
    ("wss://user:hunter2/@hunter2@beacon.example", "wss://…@beacon.example"),
    ("wss://user:hunter2?hunter2@beacon.example", "wss://…"),
    ("wss://user:hunter2#hunter2@beacon.example?hunter2", "wss://…"),
    ("wss://beacon.example/a?token=hunter2", "wss://beacon.example/a…"),
    ("wss://beacon.example?mail=a@hunter2", "wss://…"),
    ("wss://beacon.example#hunter2", "wss://beacon.example…"),
    ("user:hunter2@beacon.example", "…@beacon.example"),
    ("user:hunter2://hunter2@beacon.example", "…@beacon.example"),
    ("hunter2@a://b", "…@a://b"),
    ("wss:user:hunter2@beacon.example", "…@beacon.example"),
    ("", ""),
  ]

  @Test(arguments: table.indices)
  func `what may be secret in a URL is left out`(index: Int) {
    let (url, shown) = Self.table[index]
    #expect(URLText.withoutSecrets(url) == shown)
  }

  @Test(arguments: table.indices)
  func `no error repeats what may be secret in a URL`(index: Int) {
    let url = Self.table[index].0
    guard url.contains("hunter2"), !url.hasPrefix("hunter2@a:") else { return }
    let error = #expect(throws: TransportError.self) { try WSSURL(parsing: url) }
    #expect(error.map { "\($0)".contains("hunter2") } == false)
  }

  @Test func `a URL put together with a password doesn't show it`() throws {
    for url in [
      WSSURL(host: "user:hunter2@beacon.example"), WSSURL(host: "beacon.example", path: "/?hunter2"),
      WSSURL(host: "a", path: "/hunter2@b"),
    ] {
      #expect(!url.description.contains("hunter2"))
      let configuration = WSSTransport.Configuration(
        beacon: url, node: try TestIdentities.node(7), identity: try TestIdentities.identity(7))
      let error = #expect(throws: TransportError.self) { try WSSTransport.start(configuration) }
      #expect(error.map { "\($0)".contains("hunter2") } == false)
      #expect(error?.message.contains("user, query and fragment") == true)
    }
  }

  @Test func `a usage error loses the passwords of the URLs in it, and nothing else`() {
    let text = "Error: Unexpected argument 'wss://user:hunter2@beacon.example'\nUsage: pilot attach\n  See a@b."
    let shown = "Error: Unexpected argument 'wss://…@beacon.example'\nUsage: pilot attach\n  See …@b."
    #expect(URLText.withoutSecrets(in: text) == shown)
    #expect(URLText.withoutSecrets(in: "wss://a b:hunter2@c\n") == "wss://…@c\n")
    #expect(URLText.withoutSecrets(in: "wss://a/b") == "wss://a/b")
    #expect(URLText.withoutSecrets(in: "not 'wss://a/?token=abc' here") == "not 'wss://a/… here")
    #expect(URLText.withoutSecrets(in: "not 'admin:hunter2@a' here") == "not '…@a' here")
    #expect(URLText.withoutSecrets(in: "don't ask? (no: #)") == "don't ask? (no: #)")
  }
}
