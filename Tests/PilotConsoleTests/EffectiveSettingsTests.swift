import ArgumentParser
import Foundation
import Logging
import Testing

@testable import PilotConsole

@Suite("Settings in force")
struct EffectiveSettingsTests {
  @Test("each has the place that has won, with the file's line")
  func origins() async throws {
    try await withFile("{\n\"beacon\":{\"udp\":\"a\",\n\"count\":7,\"wss\":\"b\"}}") { path in
      let settings = try Settings(
        GlobalOptions.parse(["--config", path]), of: LookedUpOptions.self, section: .beacon,
        environment: ["PILOT_BEACON_WSS": "c"])
      #expect(try settings.string("d", "udp") == "d")
      #expect(try settings.string(nil, "wss") == "c")
      #expect(try settings.int(nil, "count") == 7)
      #expect(try settings.string(nil, "tls-cert", default: "e") == "e")
      let found = settings.effective.filter { $0.section == "beacon" }
      #expect(found.map(\.name) == ["udp", "wss", "count", "tls-cert"])
      #expect(found.map(\.place) == ["--udp", "PILOT_BEACON_WSS", "\(path):3", "default"])
      #expect(found.map(\.value) == ["d", "c", 7, "e"])
    }
  }

  @Test("all faults are collected, each with its place, and what is right counts")
  func faults() async throws {
    try await withFile(
      "{\"beacon\":{\"upd\":\"a\",\n\"count\":\"x\",\n\"max-frame-age\":0,\"udp\":\"a\"},\n\"lgo\":{}}"
    ) { path in
      let settings = try Settings(
        GlobalOptions.parse(["--config", path]), of: LookedUpOptions.self, section: .beacon,
        environment: ["PILOT_LOG_LEVEL": "loud", "PILOT_BEACON_NOTHING": "1"], isCollecting: true)
      #expect(try settings.int(nil, "count") == nil)
      #expect(try settings.int(nil, "max-frame-age", in: 1...9, default: 3) == 3)
      #expect(try settings.string(nil, "udp") == "a")
      let whats = settings.faults.map(\.what)
      #expect(
        whats == [
          "the environment variable PILOT_BEACON_NOTHING is no setting",
          "\"beacon\".\"upd\" in line 1 of \(path) is no setting",
          "\"lgo\" in line 4 of \(path) is no section of settings",
          "the environment variable PILOT_LOG_LEVEL has a value that can't be used",
          "\"beacon\".\"count\" in line 2 of \(path) must be a whole number",
          "\"beacon\".\"max-frame-age\" in line 3 of \(path) must be 1 to 9",
        ])
    }
  }

  @Test("a level that is changed later holds for loggers that are there")
  func threshold() throws {
    let settings = try Settings(GlobalOptions.parse([]), of: LookedUpOptions.self, section: .beacon, environment: [:])
    let logger = settings.logger("test")
    var own = logger
    own.logLevel = .error
    settings.logThreshold.level = .debug
    #expect(logger.logLevel == .debug)
    #expect(own.logLevel == .error)
  }
}

private struct LookedUpOptions: ParsableArguments {
  @Option var udp: String?
  @Option var wss: String?
  @Option var tlsCert: String?
  @Option var count: Int?
  @Option var maxFrameAge: Int?
}
