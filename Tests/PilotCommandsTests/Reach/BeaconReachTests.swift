import ArgumentParser
import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@testable import PilotCommands

struct BeaconReachTests {
  private func configuration(
    _ proxy: String?, command: String? = nil, addresses: [String] = [], environment: [String: String] = [:]
  ) throws -> Node.Configuration {
    let reach = try BeaconReach(proxy: proxy, command: command, addresses: addresses, environment: environment)
    var configuration = Node.Configuration(
      id: try #require(NodeID(7)), identity: Identity(), beacon: .wss(WSSURL(host: "beacon.test")))
    reach.apply(to: &configuration)
    return configuration
  }

  private func decision(_ proxy: String?, _ environment: [String: String] = [:]) throws -> String? {
    try configuration(proxy, environment: environment).wss?.proxy.decision(for: WSSURL(host: "beacon.test")).description
  }

  @Test func `an option outdoes the environment, but for its exceptions`() throws {
    let environment = ["https_proxy": "http://env.test"]
    #expect(try decision(nil, environment) == "http://env.test:80 from https_proxy")
    #expect(try decision("", environment) == "http://env.test:80 from https_proxy")
    #expect(try decision("none", environment) == "no proxy: switched off")
    #expect(try decision("socks5://a", environment) == "socks5://a:1080 as configured")
    #expect(try decision("a", ["no_proxy": "*.test"]) == "no proxy: \"*.test\" in no_proxy")
    #expect(try decision("a", ["NO_PROXY": "*.test"]) == "no proxy: \"*.test\" in NO_PROXY")
    #expect(try decision("none", ["no_proxy": "*.test"]) == "no proxy: switched off")
  }

  @Test func `what is wrong is a usage error, without passwords`() throws {
    for (proxy, addresses) in [("ftp://u:hunter2@a", []), (nil, ["a"])] as [(String?, [String])] {
      let error = #expect(throws: CommandFailure.self) { try configuration(proxy, addresses: addresses) }
      #expect(error?.status == .usage)
      #expect(error.map { "\($0)".contains("hunter2") } == false)
    }
  }

  @Test func `a beacon's name is demanded where the option or the setting says so, and else not`() throws {
    #expect(try configuration(nil).wss?.requiresBeaconName == false)
    let places: [([String], [String: String])] = [
      (["--require-beacon-name"], [:]), ([], ["PILOT_ATTACH_REQUIRE_BEACON_NAME": "true"]),
    ]
    for (arguments, environment) in places {
      let options = try ReachOptions.parse(arguments)
      var configuration = try configuration(nil)
      let settings = try Settings(
        GlobalOptions.parse([]), of: AttachCommand.self, section: .attach, environment: environment)
      try options.reach(settings).apply(to: &configuration)
      #expect(configuration.wss?.requiresBeaconName == true)
    }
  }

  @Test func `a command and addresses come into the configuration`() async throws {
    let plain = try configuration(nil)
    #expect(plain.wss?.renewProxyCredentials == nil && plain.fallbackAddresses.isEmpty)
    let full = try configuration(nil, command: "echo user:pw", addresses: ["beacon.test=192.0.2.1"])
    #expect(full.fallbackAddresses.addresses(of: "beacon.test").count == 1)
    let expected = try ProxyCredentials(user: "user", password: "pw")
    #expect(try await full.wss?.renewProxyCredentials?() == expected)
  }
}
