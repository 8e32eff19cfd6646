import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

struct ConfigurationTests {
  private func refusal(
    of url: String = "wss://beacon.example", _ adjust: (inout WSSTransport.Configuration) -> Void
  ) throws -> TransportError? {
    var configuration = WSSTransport.Configuration(
      beacon: try WSSURL(parsing: url), node: try TestIdentities.node(7), identity: try TestIdentities.identity(7))
    adjust(&configuration)
    do throws(TransportError) {
      try configuration.validate()
      return nil
    } catch {
      return error
    }
  }

  @Test func `the defaults are valid`() throws {
    #expect(try refusal { _ in }?.code == nil)
  }

  @Test func `frames in the clear leave this machine only when that is wanted`() throws {
    let url = "ws://beacon.example"
    #expect(try refusal(of: url) { _ in }?.message.contains("use wss://") == true)
    #expect(try refusal(of: url) { $0.allowsPlaintext = true }?.code == nil)
    #expect(try refusal(of: "ws://127.0.0.1") { _ in }?.code == nil)
    #expect(try refusal(of: "ws://127.evil.example") { _ in }?.code == .invalidConfiguration)
  }

  static let changes: [@Sendable (inout WSSTransport.Configuration) -> Void] = [
    { $0.dialLimit = .zero }, { $0.keepalive.interval = .zero }, { $0.keepalive.timeout = .seconds(-1) },
    { $0.backoff.initial = .zero }, { $0.backoff.maximum = .milliseconds(1) }, { $0.outgoing.bytes = 131_071 },
    { $0.outgoing.age = .zero }, { $0.incoming.bytes = 65_535 }, { $0.incoming.frames = 0 },
    { $0.beaconEndpoint = .wssLocal }, { $0.beaconEndpoint = .loopback(port: 1) },
  ]

  @Test(arguments: changes.indices)
  func `limits that can't work are refused`(index: Int) throws {
    #expect(try refusal(Self.changes[index])?.code == .invalidConfiguration)
  }

  @Test func `a CA file that is none is refused before anything is dialled`() throws {
    for path in ["/nonexistent/ca.pem", "/dev/null"] {
      var configuration = WSSTransport.Configuration(
        beacon: WSSURL(host: "localhost"), node: try TestIdentities.node(7), identity: try TestIdentities.identity(7)
      )
      configuration.trust = .file(path)
      let error = #expect(throws: TransportError.self) { try WSSTransport.start(configuration) }
      #expect(error?.code == .invalidConfiguration)
      #expect(error?.message.contains(path) == true)
    }
  }
}
