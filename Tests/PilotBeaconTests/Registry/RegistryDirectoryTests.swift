import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

@Suite("Keys from a registry")
struct RegistryDirectoryTests {
  private let identity = Identity()

  @Test("A key is asked for once and then remembered", .timeLimit(.minutes(1)))
  func remembered() async throws {
    let key = identity.publicKey
    let registry = try await FakeRegistry.start { #"{"type":"lookup_ok","node_id":7,"public_key":"\#(key.base64)"}"# }
    let directory = RegistryDirectory(host: "127.0.0.1", port: registry.port)
    let node = try #require(NodeID(parsing: "7"))
    #expect(directory.cachedPublicKey(of: node) == nil)
    #expect(try await directory.publicKey(of: node) == key)
    #expect(try await directory.publicKey(of: node) == key)
    #expect(directory.cachedPublicKey(of: node) == key)
    #expect(registry.requests == [#"{"type":"lookup","node_id":7}"#])
    try await registry.close()
  }

  @Test("A node that the registry doesn't know has no key, and isn't asked for again at once", .timeLimit(.minutes(1)))
  func unknown() async throws {
    let registry = try await FakeRegistry.start { #"{"type":"error","error":"node 8: node not found"}"# }
    let directory = RegistryDirectory(host: "127.0.0.1", port: registry.port)
    let node = try #require(NodeID(parsing: "8"))
    #expect(directory.answerAtHand(for: node) == nil)
    #expect(try await directory.publicKey(of: node) == nil)
    #expect(try await directory.publicKey(of: node) == nil)
    #expect(directory.answerAtHand(for: node) == .unknown)
    #expect(registry.requests.count == 1)
    try await registry.close()
  }

  @Test(
    "An answer that isn't one is an error, not a key", .timeLimit(.minutes(1)),
    arguments: [
      "nonsense", "{}", #"{"type":"lookup_ok","node_id":9,"public_key":"AAAA"}"#,
      #"{"type":"lookup_ok","node_id":10,"public_key":"AAAA"}"#, #"{"type":"beacon_list_ok"}"#,
      #"{"type":"lookup_ok","node_id":9}"#, #"{"type":"lookup_ok","node_id":9,"public_key":""}"#,
      #"{"type":"lookup_ok","node_id":9,"node_id":9,"public_key":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}"#,
      #"{"type":"lookup_ok","error":"node not found"}"#, #"{"type":"error","error":404}"#,
    ])
  func invalid(_ answer: String) async throws {
    let registry = try await FakeRegistry.start { answer }
    let directory = RegistryDirectory(host: "127.0.0.1", port: registry.port)
    let node = try #require(NodeID(parsing: "9"))
    let error = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: node) }
    #expect(error?.code == .invalidAnswer)
    try await registry.close()
  }

  @Test("A registry that isn't there, or says nothing, is unavailable within the limit", .timeLimit(.minutes(1)))
  func unavailable() async throws {
    let node = try #require(NodeID(parsing: "9"))
    let silent = try await FakeRegistry.start { nil }
    var configuration = RegistryDirectory.Configuration()
    configuration.limit = .milliseconds(50)
    let directory = RegistryDirectory(host: "127.0.0.1", port: silent.port, configuration: configuration)
    let error = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: node) }
    #expect(error?.code == .unavailable)
    try await silent.close()
    let refused = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: node) }
    #expect(refused?.code == .unavailable)
  }

  @Test("Lookups beyond the limit fail at once, and don't reach the registry", .timeLimit(.minutes(1)))
  func lookupsAreBounded() async throws {
    let silent = try await FakeRegistry.start { nil }
    var configuration = RegistryDirectory.Configuration()
    configuration.maximumLookups = 2
    configuration.limit = .seconds(2)
    let directory = RegistryDirectory(host: "127.0.0.1", port: silent.port, configuration: configuration)
    let nodes = try ["1", "2", "3"].map { try #require(NodeID(parsing: $0)) }
    await withTaskGroup(of: Void.self) { group in
      for node in nodes.dropLast() { group.addTask { _ = try? await directory.publicKey(of: node) } }
      while silent.requests.count < 2 { await Task.yield() }
      let error = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: nodes[2]) }
      #expect(error?.message == "too many registry lookups are under way")
    }
    #expect(silent.requests.count == 2)
    // There is room again when the others have ended.
    let error = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: nodes[2]) }
    #expect(error?.message.contains("gave no answer") == true)
    try await silent.close()
  }

  @Test(
    "A stranger who fills a silent registry's places gives one up to a newcomer, connection and all",
    .timeLimit(.minutes(1)))
  func newcomersGetIn() async throws {
    let silent = try await FakeRegistry.start { nil }
    var configuration = RegistryDirectory.Configuration()
    configuration.maximumLookups = 4
    configuration.limit = .seconds(60)
    let directory = RegistryDirectory(host: "127.0.0.1", port: silent.port, configuration: configuration)
    func login(_ number: UInt32, from remote: Endpoint) -> Task<PublicKey?, any Error> {
      Task { try await directory.publicKey(of: try #require(NodeID(number)), for: remote) }
    }
    let stranger = Endpoint(ipv4: 198, 51, 100, 1, port: 1)
    var theirs: [Task<PublicKey?, any Error>] = []
    for number in 1...4 as ClosedRange<UInt32> {
      theirs.append(login(number, from: stranger))
      while silent.requests.count < number { await Task.yield() }
    }
    let newcomer = login(5, from: Endpoint(ipv4: 192, 0, 2, 1, port: 1))
    while silent.requests.count < 5 || silent.closed < 1 { await Task.yield() }
    await #expect(throws: KeyDirectoryError.self) { try await theirs[0].value }
    #expect(directory.counts == RegistryCounts(asked: 5, refused: 1))
    try await silent.close()
    for login in theirs + [newcomer] { login.cancel() }
  }

  @Test(
    "An error of the registry's is no answer: nothing is remembered, and the node is asked for again",
    .timeLimit(.minutes(1)),
    arguments: [
      "rate limited", "request failed", "node 8: node not found", "node 9: node not found, try later", "",
    ])
  func failures(_ error: String) async throws {
    let registry = try await FakeRegistry.start { #"{"type":"error","error":"\#(error)"}"# }
    let directory = RegistryDirectory(host: "127.0.0.1", port: registry.port)
    let node = try #require(NodeID(parsing: "9"))
    for count in 1...2 {
      let failure = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: node) }
      #expect(failure?.code == .unavailable)
      #expect(failure?.message.contains("\"\(error)\"") == true)
      #expect(registry.requests.count == count)
    }
    #expect(directory.answerAtHand(for: node) == nil)
    try await registry.close()
  }
}
