import ArgumentParser
import Foundation
import Testing

@testable import PilotConsole

@Suite("Settings")
struct SettingsTests {
  private func settings(
    _ arguments: [String] = [], environment: [String: String] = [:], section: SettingsSection = .beacon
  ) throws -> Settings {
    try Settings(GlobalOptions.parse(arguments), of: TestOptions.self, section: section, environment: environment)
  }

  @Test("a flag wins over the environment, that over the file, and that over the default")
  func precedence() async throws {
    let variable = ["PILOT_BEACON_UDP": "environment"]
    try await withFile(#"{"beacon":{"udp":"file"}}"#) { path in
      let all = try settings(["--config", path], environment: variable)
      #expect(try all.string("flag", "udp") == "flag")
      #expect(try all.string(nil, "udp") == "environment")
      let file = try settings(["--config", path])
      #expect(try file.string(nil, "udp") == "file")
      #expect(try file.string(nil, "wss") == nil)
      let none = try settings()
      #expect(try none.string(nil, "udp") == nil)
    }
  }

  @Test("the configuration file may be named by the environment")
  func fileFromEnvironment() async throws {
    try await withFile(#"{"beacon":{"udp":"file"}}"#) { path in
      let settings = try settings(environment: ["PILOT_CONFIG": path])
      #expect(try settings.string(nil, "udp") == "file")
    }
  }

  @Test("names with hyphens, sections of other commands, and variables set to nothing")
  func names() async throws {
    let environment = [
      "PILOT_BEACON_TLS_CERT": "chain.pem", "PILOT_BEACON_WSS": "", "PILOT_ATTACH_UPD": "other", "BEACON_UDP": "other",
    ]
    try await withFile(#"{"beacon":{"tls-key":"key.pem"}}"#) { path in
      let settings = try settings(["--config", path], environment: environment)
      #expect(try settings.string(nil, "tls-cert") == "chain.pem")
      #expect(try settings.string(nil, "tls-key") == "key.pem")
      #expect(try settings.string(nil, "wss") == nil)
      #expect(try settings.string(nil, "udp") == nil)
    }
  }

  @Test("each type, from the environment")
  func environmentTypes() async throws {
    let settings = try settings(environment: [
      "PILOT_BEACON_COUNT": "7", "PILOT_BEACON_ON": "yes", "PILOT_BEACON_OFF": "0",
      "PILOT_BEACON_PEERS": "a:1, b:2", "PILOT_BEACON_FORM": "json",
    ])
    #expect(try settings.int(nil, "count") == 7)
    #expect(try settings.bool(false, "on"))
    #expect(try !settings.bool(false, "off"))
    #expect(try settings.bool(true, "off"))
    #expect(try !settings.bool(false, "absent"))
    #expect(try settings.strings([], "peers") == ["a:1", "b:2"])
    #expect(try settings.strings(["c:3"], "peers") == ["c:3"])
    #expect(try settings.strings([], "absents") == [])
    #expect(try settings.value(nil, "form") == LogFormat.json)
    #expect(try settings.value(.text, "form") == LogFormat.text)
  }

  @Test("each type, from the file; a number there is as good as its digits")
  func fileTypes() async throws {
    let json = #"{"beacon":{"count":7,"on":true,"off":false,"peers":["a:1","b:2"],"node":9,"form":"json"}}"#
    try await withFile(json) { path in
      let settings = try settings(["--config", path])
      #expect(try settings.int(nil, "count") == 7)
      #expect(try settings.bool(false, "on"))
      #expect(try !settings.bool(false, "off"))
      #expect(try settings.strings([], "peers") == ["a:1", "b:2"])
      #expect(try settings.string(nil, "node") == "9")
      #expect(try settings.value(nil, "form") == LogFormat.json)
    }
  }

  @Test("log settings: info as text by default")
  func logging() async throws {
    let plain = try settings()
    #expect(plain.logLevel == .info)
    #expect(plain.logFormat == .text)
    try await withFile(#"{"log":{"level":"debug","format":"json"}}"#) { path in
      let file = try settings(["--config", path])
      #expect(file.logLevel == .debug)
      #expect(file.logFormat == .json)
      let flag = try settings(
        ["--config", path, "--log-level", "error"], environment: ["PILOT_LOG_LEVEL": "trace"])
      #expect(flag.logLevel == .error)
      let variable = try settings(["--config", path], environment: ["PILOT_LOG_LEVEL": "trace"])
      #expect(variable.logLevel == .trace)
    }
  }
}

@Suite("Settings that can't be used")
struct UnusableSettingsTests {
  private static let secret = "s3cr3t-Token"

  private func failure(_ body: () async throws -> Void) async throws -> CommandFailure {
    let error = await #expect(throws: CommandFailure.self) { try await body() }
    let failure = try #require(error)
    #expect(failure.status == .usage)
    #expect(!failure.line.contains(Self.secret), "a value may be a secret, and is not for a screen")
    return failure
  }

  @Test("a variable of the wrong type is named, and its value kept to oneself")
  func environment() async throws {
    let environment = ["PILOT_BEACON_MAX_CONNECTIONS": Self.secret, "PILOT_BEACON_ON": Self.secret]
    let settings = try Settings(
      GlobalOptions.parse([]), of: TestOptions.self, section: .beacon, environment: environment)
    let number = try await failure { _ = try settings.int(nil, "max-connections") }
    #expect(number.what == "the environment variable PILOT_BEACON_MAX_CONNECTIONS must be a whole number")
    let truth = try await failure { _ = try settings.bool(false, "on") }
    #expect(truth.what == "the environment variable PILOT_BEACON_ON must be true or false")
  }

  @Test("a number out of bounds: the bounds are told")
  func bounds() async throws {
    let settings = try Settings(
      GlobalOptions.parse([]), of: TestOptions.self, section: .beacon, environment: [:])
    #expect(try settings.int(3_600, "max-frame-age", in: 1...3_600) == 3_600)
    #expect(try settings.int(nil, "max-frame-age", in: 1...3_600) == nil)
    for age in [0, 3_601] {
      let failure = try await failure { _ = try settings.int(age, "max-frame-age", in: 1...3_600) }
      #expect(failure.what == "--max-frame-age must be 1 to 3600")
    }
  }

  @Test("one that is no choice: the choices are listed")
  func choice() async throws {
    let failure = try await failure {
      _ = try Settings(
        GlobalOptions.parse([]), of: TestOptions.self, section: .beacon, environment: ["PILOT_LOG_FORMAT": Self.secret]
      )
    }
    #expect(failure.what == "the environment variable PILOT_LOG_FORMAT has a value that can't be used")
    #expect(failure.hint == "it must be one of text, json")
  }

  @Test("a member of the file that has the wrong type")
  func member() async throws {
    let json = #"{"beacon":{"udp":["\#(Self.secret)"],"peers":"\#(Self.secret)"}}"#
    try await withFile(json) { path in
      let settings = try Settings(
        GlobalOptions.parse(["--config", path]), of: TestOptions.self, section: .beacon, environment: [:])
      let text = try await failure { _ = try settings.string(nil, "udp") }
      #expect(text.what == "\"beacon\".\"udp\" in line 1 of \(path) must be a text")
      let list = try await failure { _ = try settings.strings([], "peers") }
      #expect(list.what == "\"beacon\".\"peers\" in line 1 of \(path) must be a list of texts")
    }
  }

  @Test(
    "a file that is no JSON object",
    arguments: [
      ("", 1), ("[]", 1), ("7", 1), (#"{"beacon":{"udp":"#, 1), ("s3cr3t-Token", 1),
      ("{\n\"beacon\":{\"udp\":s3cr3t-Token}}", 2),
      ("{}\n{}", 2), ("{\"beacon\":{\"udp\":\"\u{1}\"}}", 1), ("{\"beacon\":{\"count\":01}}", 1),
      ("{\"beacon\":{\"count\":+1}}", 1), (#"{"beacon":{"udp":"a",}}"#, 1),
      (#"{"a":\#(String(repeating: "[", count: 100))"#, 1),
    ])
  func file(contents: String, line: Int) async throws {
    try await withFile(contents) { path in
      let failure = try await failure {
        _ = try Settings(
          GlobalOptions.parse(["--config", path]), of: TestOptions.self, section: .beacon, environment: [:])
      }
      #expect(failure.what.hasPrefix("the configuration file \(path) isn't JSON of the form"))
      #expect(failure.what.contains("line \(line) needs "))
    }
  }

  @Test("a file that isn't there")
  func missing() async throws {
    let failure = try await failure {
      _ = try Settings(
        GlobalOptions.parse(["--config", "/nowhere.json"]), of: TestOptions.self, section: .beacon, environment: [:])
    }
    #expect(failure.what == "the configuration file /nowhere.json can't be read: No such file or directory")
  }
}

@Suite("The names of options")
struct OptionNamesTests {
  @Test("are the long ones, whole")
  func names() {
    let names = OptionNames(of: TestOptions.self)
    #expect(names.contains("tls-cert") && names.contains("udp") && names.contains("on"))
    #expect(!names.contains("tls") && !names.contains("tls-certs") && !names.contains("tlsCert"))
  }
}

/// The options whose settings are read here.
private struct TestOptions: ParsableArguments {
  @Option var udp: String?
  @Option var wss: String?
  @Option var tlsCert: String?
  @Option var tlsKey: String?
  @Option var node: String?
  @Option var count: Int?
  @Option var maxConnections: Int?
  @Option var maxFrameAge: Int?
  @Option var peers: [String] = []
  @Option var absents: [String] = []
  @Option var form: LogFormat?
  @Flag var on = false
  @Flag var off = false
  @Flag var absent = false
}
