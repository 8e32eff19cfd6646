import ArgumentParser
import PilotBeacon
import PilotConsole
import PilotWSS
import PilotWire
import Testing

@testable import PilotCommands

/// What the options of `pilot beacon` about evidence come to.
struct BeaconOptionsTests {
  private func configuration(
    _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> BeaconServer.Configuration {
    let command = try BeaconCommand.parse(arguments)
    let settings = try Settings(
      command.globals, of: BeaconCommand.self, section: .beacon, environment: environment)
    return try command.configuration(settings)
  }

  @Test func withoutOptionsAProofCountsOnceItWasGivenAndAllNodesAreServed() async throws {
    let router = try await configuration([]).router
    #expect(router.udpAuthentication == .prefer && !router.servesListedNodesOnly && router.advertised == [])
  }

  @Test func theyReachTheRouter() async throws {
    let router = try await configuration([
      "--advertise", "203.0.113.7:9001", "--advertise", "[2001:db8::7]:9002", "--udp-auth", "require", "--nodes-only",
    ]).router
    #expect(
      router.advertised == [try Endpoint(parsing: "203.0.113.7:9001"), try Endpoint(parsing: "[2001:db8::7]:9002")])
    #expect(router.udpAuthentication == .require && router.servesListedNodesOnly)
  }

  @Test func theyStandInTheEnvironmentToo() async throws {
    let environment = [
      "PILOT_BEACON_ADVERTISE": "203.0.113.7:9001,[2001:db8::7]:9002", "PILOT_BEACON_UDP_AUTH": "off",
      "PILOT_BEACON_NODES_ONLY": "true",
    ]
    let router = try await configuration([], environment: environment).router
    #expect(router.advertised.count == 2 && router.udpAuthentication == .off && router.servesListedNodesOnly)
    let flags = try await configuration(["--udp-auth", "prefer"], environment: environment).router
    #expect(flags.udpAuthentication == .prefer)
  }

  @Test(arguments: [
    (["--advertise", "203.0.113.7"], "HOST:PORT"), (["--advertise", "0.0.0.0:9001"], "nodes can send to"),
    (["--advertise", "[::]:9001"], "nodes can send to"), (["--advertise", "203.0.113.7:0"], "nodes can send to"),
    (["--advertise", "203.0.113.7:1", "--advertise", "203.0.113.8:1"], "two IPv4 addresses"),
  ])
  func anAddressThatNobodyCanSendToIsRefused(arguments: [String], reason: String) async {
    let failure = await #expect(throws: CommandFailure.self) { _ = try await configuration(arguments) }
    #expect(failure?.line.contains(reason) == true)
  }

  @Test func whoIsSentOnIsSaidByANumberAndAPlace() async throws {
    let wss = ["--wss", "127.0.0.1:0"]
    #expect(try await configuration(wss).redirect == nil)
    let redirect = try await configuration(wss + ["--redirect-at", "5000", "--redirect-to", "wss://b.example"]).redirect
    #expect(redirect == .init(beyond: 5_000, to: try WSSURL(parsing: "wss://b.example")))
  }

  @Test(arguments: [
    (["--wss", "127.0.0.1:0", "--redirect-at", "5"], "not where to"),
    (["--wss", "127.0.0.1:0", "--redirect-to", "wss://b.example"], "not when"),
    (["--wss", "127.0.0.1:0", "--redirect-at", "5", "--redirect-to", "udp://b.example:1"], "--redirect-to"),
    (["--redirect-at", "5", "--redirect-to", "wss://b.example"], "there are none"),
    (["--wss", "127.0.0.1:0", "--redirect-at", "10000", "--redirect-to", "wss://b.example"], "never reached"),
    (["--wss", "127.0.0.1:0", "--redirect-at", "0", "--redirect-to", "wss://b.example"], "redirect-at"),
  ])
  func whatSendsNobodyOnIsRefused(arguments: [String], reason: String) async {
    let failure = await #expect(throws: CommandFailure.self) { _ = try await configuration(arguments) }
    #expect(failure?.line.contains(reason) == true, "\(failure?.line ?? "nothing")")
  }

  @Test func aClusterIsEtcdAndASecret() async throws {
    #expect(try await configuration([]).cluster == nil)
    let cluster = try await configuration([
      "--etcd", "http://127.0.0.1:2379,https://etcd.example", "--cluster-secret", "secret", "--etcd-ca", "ca.pem",
    ]).cluster
    #expect(cluster?.etcd == ["http://127.0.0.1:2379", "https://etcd.example"])
    #expect(cluster?.secret == "secret")
    #expect(cluster?.etcdAuthorities == "ca.pem")
  }

  @Test(arguments: [
    (["--etcd", "http://127.0.0.1"], "a secret in common"), (["--cluster-secret", "file"], "no etcd"),
    (["--etcd", "127.0.0.1:2379", "--cluster-secret", "file"], "http"),
    (["--etcd", "http://a:b@etcd.example", "--cluster-secret", "file"], "isn't supported"),
  ])
  func halfAClusterIsRefused(arguments: [String], reason: String) async {
    let failure = await #expect(throws: CommandFailure.self) { _ = try await configuration(arguments) }
    #expect(failure?.line.contains(reason) == true)
    #expect(failure?.line.contains("a:b") == false)
  }

  @Test func aBeaconOfAClusterIsNotTakenOverFrom() async throws {
    let cluster = ["--etcd", "http://127.0.0.1", "--cluster-secret", "file"]
    let failure = await #expect(throws: CommandFailure.self) {
      _ = try await configuration(cluster + ["--takeover", "/run/s"])
    }
    #expect(failure?.line.contains("--takeover doesn't go with --etcd") == true)
    #expect(failure?.line.contains("--drain-to") == true)
    #expect(try await configuration(["--takeover", "/run/s"]).takeover == "/run/s")
  }

  @Test(arguments: ["PILOT_BEACON_UDP_AUTH"])
  func anotherValueIsRefusedWithItsPlace(variable: String) async {
    let failure = await #expect(throws: CommandFailure.self) {
      _ = try await configuration([], environment: [variable: "always"])
    }
    #expect(failure?.line.contains(variable) == true && failure?.line.contains("off, prefer, require") == true)
  }

  @Test func whatNeedsKeysSaysSo() async throws {
    let command = try BeaconCommand.parse([])
    #expect(command.reasonForKeys(try await configuration([])) == nil)
    let require = command.reasonForKeys(try await configuration(["--udp-auth", "require"]))
    #expect(require?.contains("udp-auth require") == true)
    let only = command.reasonForKeys(try await configuration(["--nodes-only"]))
    #expect(only?.contains("nodes-only") == true)
  }
}
