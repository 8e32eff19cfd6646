import ArgumentParser
import Foundation
import PilotBeacon
import PilotConsole
import PilotWire
import Testing

@testable import PilotCommands

/// `pilot beacon --check` and `--print-config`.
struct BeaconInspectionTests {
  private func plan(
    _ arguments: [String], environment: [String: String] = [:], isCollecting: Bool = true
  ) throws -> BeaconPlan {
    let command = try BeaconCommand.parse(arguments)
    return try command.plan(
      Settings(
        command.globals, of: BeaconCommand.self, section: .beacon, environment: environment,
        isCollecting: isCollecting))
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "inspection-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func `nothing is wrong with the defaults, and what would run is told`() throws {
    let inspection = BeaconInspection(try plan([]))
    #expect(inspection.problems.isEmpty && inspection.warnings.isEmpty)
    #expect(inspection.value["runs"]?["udp"] == "[::]:9001")
    #expect(inspection.value["runs"]?["relay-rate"] == 4_000)
    #expect(inspection.value["ok"] == true)
  }

  @Test func `all that is wrong is told at once, with its place`() throws {
    try withFolder { folder in
      let file = folder.appending(path: "beacon.json").path
      let text = #"""
        {"beacon":{
          "udp":"nowhere",
          "relay-rate":-1,
          "wsss":"[::]:443",
          "nodes":"\#(folder.path)/none.json",
          "deny":["@\#(folder.path)/none.txt"],
          "http":"127.0.0.1:0",
          "http-token":"\#(folder.path)/none"
        }}
        """#
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
      let inspection = BeaconInspection(
        try plan(["--config", file], environment: ["PILOT_BEACON_TLS_CERT": "chain.pem"]))
      let problems = inspection.problems.map(\.what)
      for expected in [
        "\"beacon\".\"udp\" in line 2 of \(file) must be HOST:PORT",
        "\"beacon\".\"relay-rate\" in line 3 of \(file) must be",
        "\"beacon\".\"wsss\" in line 4 of \(file) is no setting", "TLS needs both", "none.json", "none.txt",
        "the token file \(folder.path)/none can't be read",
      ] {
        #expect(problems.contains { $0.contains(expected) }, "\(expected) isn't among \(problems)")
      }
      #expect(problems.count == 8, "\(problems)")
      #expect(throws: CommandFailure.self) { try plan(["--config", file], isCollecting: false) }
    }
  }

  @Test func `a token that can't be used isn't repeated`() throws {
    try withFolder { folder in
      let file = folder.appending(path: "token").path
      try Data("hunter2".utf8).write(to: URL(fileURLWithPath: file))
      let problems = BeaconInspection(try plan(["--http", "127.0.0.1:0", "--http-token", file])).problems
      #expect(problems.count == 1 && !"\(problems)".contains("hunter2"))
    }
  }

  @Test func `a registry's token that others may read is a problem`() throws {
    try withFolder { folder in
      let file = folder.appending(path: "token").path
      try Data("a-token".utf8).write(to: URL(fileURLWithPath: file))
      for (mode, isWrong) in [(0o620, true), (0o604, true), (0o600, false)] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        let problems = BeaconInspection(
          try plan(["--registry", "127.0.0.1:1", "--registry-advertise", "8.8.4.4:9001", "--registry-token", file])
        ).problems.map(\.what)
        #expect(problems.contains { $0.contains("chmod 600") } == isWrong, "\(problems)")
      }
    }
  }

  @Test(
    arguments: [
      (0o644, ["every user of this machine can read"]), (0o606, ["can read", "every user of this machine can change"]),
      (0o600, []),
    ])
  func `what others may do with a token is a warning`(mode: Int, expected: [String]) throws {
    try withFolder { folder in
      let file = folder.appending(path: "token").path
      try Data("0123456789abcdef".utf8).write(to: URL(fileURLWithPath: file))
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
      // Who tests as root is also told that nobody else can read it.
      let warnings = BeaconInspection(try plan(["--http", "127.0.0.1:0", "--http-token", file])).warnings
        .filter { !$0.hasPrefix("only root") }
      #expect(warnings.count == expected.count)
      for (warning, text) in zip(warnings, expected) { #expect(warning.contains("\(text) \(file): chmod ")) }
    }
  }

  @Test func `a nodes file that others may change is a warning, one that they may read isn't`() throws {
    try withFolder { folder in
      let file = folder.appending(path: "nodes.json").path
      try Data("{}".utf8).write(to: URL(fileURLWithPath: file))
      for (mode, isTold) in [(0o666, true), (0o644, false)] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        let warnings = BeaconInspection(try plan(["--nodes", file])).warnings
        #expect(warnings == (isTold ? ["every user of this machine can change \(file): chmod go-w"] : []))
      }
    }
  }

  @Test func `a cluster's secret that can't be used isn't repeated`() throws {
    try withFolder { folder in
      let file = folder.appending(path: "secret").path
      try Data("hunter2".utf8).write(to: URL(fileURLWithPath: file))
      let problems = BeaconInspection(
        try plan(["--etcd", "http://127.0.0.1", "--udp", "127.0.0.1:9001", "--cluster-secret", file])
      ).problems
      #expect(problems.count == 1 && !"\(problems)".contains("hunter2"))
    }
  }

  @Test func `what a start would refuse is a problem`() throws {
    try withFolder { folder in
      let secret = folder.appending(path: "secret").path
      try Data("0123456789abcdef0123456789abcdef".utf8).write(to: URL(fileURLWithPath: secret))
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
      let cluster = ["--etcd", "https://etcd.example", "--cluster-secret", secret]
      let neighbours = (1...33).flatMap { ["--sync", "beacon\($0).example:9001"] }
      let wrong: [(arguments: [String], text: String)] = [
        (cluster, "have to know where this one is"),
        (
          cluster + ["--advertise", "10.0.0.5:9001", "--cluster-address", "[::]:9001"], "have to know where this one is"
        ),
        (
          cluster + ["--advertise", "10.0.0.5:9001", "--cluster-address", "10.0.0.5:0"],
          "have to know where this one is"
        ),
        (cluster + ["--udp", "127.0.0.1:9001", "--etcd-prefix", "pilot"], "can't begin with \"pilot\""),
        (["--cluster-address", "10.0.0.5:9001"], "there is no etcd"),
        (cluster + ["--advertise", "10.0.0.5:9001", "--etcd-ca", folder.path + "/none.pem"], "none.pem"),
        (neighbours, "33 neighbours are given, and 32 is the most"),
        (["--takeover", folder.path + "/none/socket"], "none/socket: No such file"),
        (["--takeover", "/tmp/socket"], "nobody else may write"),
        (
          [
            "--wss", "127.0.0.1:1", "--nodes", "/dev/null", "--redirect-at", "10000", "--redirect-to",
            "wss://a.example",
          ], "is never reached"
        ),
      ]
      for (arguments, text) in wrong {
        let problems = BeaconInspection(try plan(arguments)).problems.filter { !$0.what.contains("/dev/null") }
        #expect(problems.count == 1 && problems[0].description.contains(text), "\(problems)")
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
      for arguments in [
        cluster + ["--udp", "127.0.0.1:9001"],
        cluster + ["--cluster-address", "10.0.0.5:9001", "--etcd-prefix", "/pilot-staging"],
        ["--takeover", folder.path + "/socket"],
      ] {
        #expect(BeaconInspection(try plan(arguments)).problems == [])
      }
    }
  }

  @Test func `to have nodes wait for a beacon that stands elsewhere is warned of`() throws {
    let place = ["--drain-to", "wss://other.example"]
    for (arguments, isWarned) in [
      (place + ["--drain-back", "7"], true), (place, false), (["--drain-back", "7"], false),
    ] {
      let warnings = BeaconInspection(try plan(arguments)).warnings
      #expect(warnings.contains { $0.contains("drain-back") } == isWarned)
    }
  }

  @Test func `the cluster's address and prefix are those that were given, and else those of before`() throws {
    let arguments = ["--etcd", "http://127.0.0.1", "--advertise", "192.0.2.1:9001", "--cluster-secret", "secret"]
    let given = try plan(arguments + ["--cluster-address", "10.0.0.5:9001", "--etcd-prefix", "/a/b"]).configuration
    #expect(given.cluster?.address == Endpoint(ipv4: 10, 0, 0, 5, port: 9_001) && given.cluster?.etcdPrefix == "/a/b")
    let usual = try plan(arguments).configuration.cluster
    #expect(usual?.address == nil && usual?.etcdPrefix == "/pilot")
  }

  @Test func `a secret that the service can't read is warned of`() throws {
    try withFolder { folder in
      let file = folder.appending(path: "secret").path
      try Data("0123456789abcdef0123456789abcdef".utf8).write(to: URL(fileURLWithPath: file))
      let arguments = ["--etcd", "http://127.0.0.1", "--advertise", "10.0.0.5:9001", "--cluster-secret", file]
      for (mode, isWarned) in [(0o600, geteuid() == 0), (0o640, false)] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        let warnings = BeaconInspection(try plan(arguments)).warnings
        #expect(warnings.contains { $0.contains("only root can read \(file)") } == isWarned, "\(warnings)")
      }
    }
  }

  @Test func `what is printed is a configuration file that comes to the same`() throws {
    try withFolder { folder in
      let arguments = [
        "--udp", "127.0.0.1:9", "--relay-rate", "7", "--advertise", "203.0.113.7:9001", "--nodes-only", "--deny",
        "192.0.2.0/24", "--registry", "127.0.0.1:9000", "--log-level", "debug", "--udp-auth", "require",
      ]
      let first = try plan(arguments)
      let file = folder.appending(path: "printed.json").path
      try Data(BeaconCommand.file(of: first.settings.effective).line.utf8).write(to: URL(fileURLWithPath: file))
      let second = try plan(["--config", file], isCollecting: false)
      #expect(BeaconReload.changes(from: first.settings.effective, to: second.settings.effective) == [])
      #expect(second.configuration.router == first.configuration.router)
      #expect(second.settings.logLevel == .debug)
    }
  }

  @Test func `the table has each setting once, its place, and no secret`() throws {
    let settings = try plan(["--registry", "tls://user:hunter2@127.0.0.1:9000"]).settings.effective
    let lines = BeaconCommand.table(of: settings).split(separator: "\n")
    #expect(lines.count == settings.count + 1)
    #expect(lines.contains { $0.hasPrefix("beacon.relay-rate") && $0.hasSuffix("default") })
    #expect(!lines.joined().contains("hunter2") && !BeaconCommand.file(of: settings).line.contains("hunter2"))
  }

  @Test func `every option is looked up, so that all of them are printed`() throws {
    let looked = Set(try plan([]).settings.effective.map(\.name))
    let settings = try Settings(
      GlobalOptions.parse([]), of: BeaconCommand.self, section: .beacon, environment: [:])
    #expect(Set(settings.names).subtracting(looked) == ["json"])
  }
}
