import PilotIdentity
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire
import Testing

/// What is wrong with a configuration shows before anything is resolved, bound or dialed: neither of these beacons exists.
@Suite("A node's configuration", .timeLimit(.minutes(1)))
struct NodeConfigurationTests {
  private static let urls = ["udp://nowhere.invalid:9001", "wss://nowhere.invalid"]

  private func failure(_ configuration: Node.Configuration, joining: Bool) async -> TransportError? {
    do throws(TransportError) {
      let node = joining ? try await Node.join(configuration) : try await Node.start(configuration)
      node.leave()
      return nil
    } catch {
      return error
    }
  }

  @Test("times that can't be are refused first", arguments: urls, [false, true])
  func times(_ url: String, _ joining: Bool) async throws {
    var configuration = try Node.Configuration(id: LinkRun.node, identity: Identity(), beacon: url)
    configuration.times.lossLimit = 0
    let error = await failure(configuration, joining: joining)
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("lossLimit") == true)
  }

  @Test("a configuration for WSS beside a beacon over UDP is refused", arguments: [false, true])
  func wssBesideUDP(_ joining: Bool) async throws {
    var configuration = try Node.Configuration(id: LinkRun.node, identity: Identity(), beacon: Self.urls[0])
    configuration.wss = WSSTransport.Configuration(
      beacon: try WSSURL(parsing: Self.urls[1]), node: LinkRun.node, identity: configuration.identity)
    #expect(await failure(configuration, joining: joining)?.code == .invalidConfiguration)
  }

  @Test("one that is missing for a beacon over WSS is refused", arguments: [false, true])
  func noWSS(_ joining: Bool) async throws {
    var configuration = try Node.Configuration(id: LinkRun.node, identity: Identity(), beacon: Self.urls[1])
    configuration.wss = nil
    #expect(await failure(configuration, joining: joining)?.code == .invalidConfiguration)
  }
}
