import ArgumentParser
import Foundation
import Testing

@testable import PilotConsole

@Suite("Settings that there aren't")
struct UnknownSettingsTests {
  private func settings(
    _ file: String? = nil, _ environment: [String: String] = [:], section: SettingsSection = .beacon
  ) throws -> Settings {
    try Settings(
      GlobalOptions.parse(file.map { ["--config", $0] } ?? []), of: SomeOptions.self, section: section,
      environment: environment)
  }

  private func failure(_ file: String? = nil, _ environment: [String: String] = [:]) throws -> CommandFailure {
    let failure = try #require(#expect(throws: CommandFailure.self) { try settings(file, environment) })
    #expect(failure.status == .usage)
    #expect(!failure.line.contains("s3cr3t"), "a value may be a secret")
    return failure
  }

  @Test(
    "one in the file is named with its line, and with the one that may have been meant",
    arguments: [
      (
        "{\n\"beacon\":{\"udp\":\"a\",\n\"tls-crt\":\"s3cr3t\"}}", #""beacon"."tls-crt" in line 3"#,
        #"is "tls-cert" meant?"#
      ),
      (#"{"beacon":{"tls-kye":"s3cr3t"}}"#, #""beacon"."tls-kye" in line 1"#, #"is "tls-key" meant?"#),
      (#"{"beacon":{"max_connections":7}}"#, #""beacon"."max_connections" in line 1"#, #"is "max-connections" meant?"#),
      (#"{"beacon":{"UDP":"s3cr3t"}}"#, #""beacon"."UDP" in line 1"#, #"is "udp" meant?"#),
      (#"{"beacon":{"something":"s3cr3t"}}"#, #""beacon"."something" in line 1"#, "pilot beacon --help lists all"),
      (#"{"beacon":{"config":"s3cr3t"}}"#, #""beacon"."config" in line 1"#, "--help"),
      (#"{"log":{"levels":"debug"}}"#, #""log"."levels" in line 1"#, #"is "level" meant?"#),
    ])
  func inFile(contents: String, place: String, hint: String) async throws {
    try await withFile(contents) { path in
      let failure = try failure(path)
      #expect(failure.what == "\(place) of \(path) is no setting")
      #expect(failure.hint?.contains(hint) == true)
    }
  }

  @Test(
    "a section that there isn't, and a setting outside of one",
    arguments: [
      (#"{"Beacon":{"udp":"a"}}"#, #""Beacon" in line 1"#, #"is "beacon" meant?"#),
      ("{\"log\":{},\n\"becon\":{}}", #""becon" in line 2"#, #"is "beacon" meant?"#),
      (#"{"udp":"s3cr3t"}"#, #""udp" in line 1"#, #"{"beacon":{"udp":…}}"#),
      (#"{"token":"s3cr3t"}"#, #""token" in line 1"#, "there are log, demo, beacon"),
    ])
  func sections(contents: String, place: String, hint: String) async throws {
    try await withFile(contents) { path in
      let failure = try failure(path)
      #expect(failure.what == "\(place) of \(path) is no section of settings")
      #expect(failure.hint?.contains(hint) == true)
    }
  }

  @Test(
    "a name that is there twice, a section that is none, and values that no setting has",
    arguments: [
      ("{\"beacon\":{\"udp\":\"s3cr3t\",\n\"udp\":\"b\"}}", #""beacon"."udp" in line 2"#),
      ("{\"beacon\":{\"udp\":\"a\"},\n\"beacon\":{}}", #""beacon" in line 2"#),
      (#"{"beacon":"s3cr3t"}"#, #""beacon" in line 1"#),
      (#"{"beacon":{"udp":{"s3cr3t":1}}}"#, #""beacon"."udp" in line 1"#),
      (#"{"beacon":{"udp":["s3cr3t",[]]}}"#, #""beacon"."udp" in line 1"#),
      (#"{"beacon":{"count":1e999}}"#, #""beacon"."count" in line 1"#),
    ])
  func malformed(contents: String, place: String) async throws {
    try await withFile(contents) { path in
      let what = try failure(path).what
      #expect(what.hasPrefix("\(place) of \(path) "))
    }
  }

  @Test("true is no number, and a number no yes")
  func kinds() async throws {
    try await withFile(#"{"beacon":{"count":true,"on":1,"max-connections":1.5}}"#) { path in
      let settings = try settings(path)
      #expect(throws: CommandFailure.self) { try settings.int(nil, "count") }
      #expect(throws: CommandFailure.self) { try settings.bool(false, "on") }
      #expect(throws: CommandFailure.self) { try settings.int(nil, "max-connections") }
    }
  }

  @Test("sections of other commands, null, fractions, and a mark of the byte order are fine")
  func fine() async throws {
    let json =
      "\u{FEFF}{\"attach\":{\"udp\":\"a\",\"of-another-version\":1},\"beacon\":{\"udp\":null,\"seconds\":0.5,\"peers\":[\"a\",7]}}"
    try await withFile(json) { path in
      let settings = try settings(path)
      #expect(try settings.string(nil, "udp") == nil)
      #expect(try settings.seconds(nil, "seconds", default: 9) == .milliseconds(500))
      #expect(try settings.strings([], "peers") == ["a", "7"])
    }
  }

  @Test(
    "a variable is named, and the one that may have been meant",
    arguments: [
      ("PILOT_BEACON_TLS_CRT", "is PILOT_BEACON_TLS_CERT meant?"),
      ("PILOT_BEACON_ADDR", "pilot beacon --help lists all"),
      ("PILOT_BECON_UDP", "is PILOT_BEACON_UDP meant?"), ("PILOT_LOG_LEVLE", "is PILOT_LOG_LEVEL meant?"),
      ("PILOT_CONFG", "is PILOT_CONFIG meant?"), ("PILOT_BEACON_udp", "is PILOT_BEACON_UDP meant?"),
    ])
  func inEnvironment(name: String, hint: String) throws {
    let failure = try failure(nil, [name: "s3cr3t"])
    #expect(failure.what == "the environment variable \(name) is no setting")
    #expect(failure.hint?.hasPrefix(hint) == true)
  }

  @Test(
    "variables of others are let be",
    arguments: [
      ("PILOT_HOME", "/opt"), ("PILOT_LOG_FILE", "x"), ("PILOT_ATTACH_UPD", "x"), ("PILOT_UDP_PLAIN", "1"),
      ("PILOT_BEACON_SERVICE_HOST", "10.0.0.1"), ("PILOT_BEACON_SERVICE_PORT_METRICS", "9100"),
      ("PILOT_BEACON_PORT", "udp://10.0.0.1:9001"), ("PILOT_BEACON_PORT_9001_UDP", "udp://10.0.0.1:9001"),
      ("PILOT_BEACON_PORT_9001_UDP_ADDR", "10.0.0.1"), ("PILOT_BEACON_TLS_CRT", ""),
    ])
  func others(name: String, value: String) throws {
    _ = try settings(nil, [name: value])
  }

  @Test(
    "what only looks like a service's variable is no setting",
    arguments: ["PILOT_BEACON_PORT", "PILOT_BEACON_PORT_A_UDP"])
  func noService(name: String) throws {
    _ = try failure(nil, [name: "9001"])
  }
}

@Suite("The nearest name")
struct NearestNameTests {
  @Test(
    "is the one with the fewest slips",
    arguments: [
      ("tls-crt", "tls-cert"), ("tlskey", "tls-key"), ("TLS_KEY", "tls-key"), ("upd", "udp"), ("htpp", "http"),
      ("completely-different", nil), ("", nil), (String(repeating: "u", count: 65), nil),
    ] as [(String, String?)])
  func nearest(name: String, expected: String?) {
    #expect(NearestName.of(name, among: ["udp", "wss", "http", "tls-cert", "tls-key", "nodes"]) == expected)
  }
}

/// The options whose settings are read here.
private struct SomeOptions: ParsableArguments {
  @Option var udp: String?
  @Option var tlsCert: String?
  @Option var tlsKey: String?
  @Option var count: Int?
  @Option var maxConnections: Int?
  @Option var seconds: Double?
  @Option var peers: [String] = []
  @Flag var on = false
}
