import ArgumentParser
import Foundation
import PilotIdentity
import PilotTransport
import PilotWSS
import Testing

@testable import PilotBeacon
@testable import PilotCommands

/// What `Operations/Reference.md` tells operators is what the code has: nothing is missing, nothing is left over.
@Suite("The operator's reference")
struct OperatorsReferenceTests {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
    .standardized

  /// Options that are no settings of the section `beacon`.
  private static let others = [
    "check", "print-config", "json", "config", "log-level", "log-format", "version",
  ]

  /// The cells of a section's tables, header and ruler left out.
  private static func rows(under heading: String, depth: String = "##") throws -> [[String]] {
    let text = try String(contentsOf: package.appending(path: "Operations/Reference.md"), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "\(depth) \(heading)"), "there is no heading \(heading)")
    var rows: [[String]] = []
    var isInTable = false
    for line in lines[(start + 1)...] {
      if line.hasPrefix("## ") || line.hasPrefix("\(depth) ") { break }
      guard line.hasPrefix("|") else {
        isInTable = false
        continue
      }
      // The header comes first, and the ruler below it.
      if isInTable, !line.hasPrefix("| ---") {
        rows.append(
          line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
          })
      }
      isInTable = true
    }
    return rows
  }

  private static func code(_ cell: String) -> String { cell.trimmingCharacters(in: ["`"]) }

  /// All Swift files of these folders, as one text.
  private static func sources(_ folders: String...) throws -> String {
    var text = ""
    for folder in folders {
      let root = package.appending(path: "Sources/\(folder)")
      let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
      for case let file as URL in files where file.pathExtension == "swift" {
        text += try String(contentsOf: file, encoding: .utf8)
      }
    }
    return text
  }

  @Test("Each setting has a row, with its default")
  func settings() throws {
    let help = BeaconCommand.helpMessage(columns: 1_000)
    var expected: [[String]] = []
    for option in help.split(separator: "\n  --").dropFirst() {
      let name = String(option.prefix { $0.isLowercase || $0 == "-" })
      if Self.others.contains(name) { continue }
      let value = option.firstMatch(of: /\(default: ([^)]*)\)/).map { String($0.1) } ?? ""
      expected.append([name, value])
    }
    #expect(expected.count > 20)
    let rows = try Self.rows(under: "Settings").map { [Self.code($0[0]), $0[2]] }
    #expect(rows.filter { !expected.contains($0) } == [], "only in the table, or with another default")
    #expect(expected.filter { !rows.contains($0) } == [], "only in the help, or with another default")
    #expect(rows.map { $0[0] } == expected.map { $0[0] }, "the order of the help")
  }

  @Test("Each metric has a row, with the values of its label")
  func metrics() throws {
    let rows = try Self.rows(under: "Metrics").filter {
      $0[0].hasPrefix("`pilot_") || $0[0].hasPrefix("`process_")
    }
    let names = try Self.sources("PilotBeacon").matches(of: /"((?:pilot_beacon|process)_[a-z_]+)"/).map { String($0.1) }
    #expect(names.count > 40)
    let told = Set(rows.map { Self.code($0[0]) })
    #expect(told.subtracting(names).sorted() == [], "only in the table")
    #expect(Set(names).subtracting(told).sorted() == [], "only in the code")
    #expect(rows.count == Set(names).count, "a metric has two rows")

    let values: [String: [String]] = [
      "relayed_total": RelayCell.allCases.map(\.description),
      "discovers_total": DiscoverOutcome.allCases.map(\.description),
      "proofs_total": ProofOutcome.allCases.map(\.description),
      "moves_total": MoveCause.allCases.map(\.description),
      "punches_total": PunchOutcome.allCases.map(\.description),
      "punch_grants_total": GrantOutcome.allCases.map(\.description),
      "refusals_total": WSSRefusal.Reason.allCases.map(\.rawValue),
      "handshake_failures_total": HandshakeFailure.Reason.allCases.map(\.rawValue),
      "udp_dropped_total": DropReason.allCases.map(\.description) + ["no_room"],
    ]
    for (name, expected) in values {
      let row = try #require(rows.first { Self.code($0[0]) == "pilot_beacon_\(name)" })
      #expect(row[2].matches(of: /`([a-z_]+)`/).map { String($0.1) } == expected, "\(name)")
    }
    let reasons = try Self.rows(under: "Reasons of drops", depth: "###").map { Self.code($0[0]) }
    #expect(reasons == RouterDropReason.allCases.map(\.description))
  }

  /// A message that is put together from values alone is another module's, and isn't listed.
  @Test("Each log event has a row, with its level")
  func logEvents() throws {
    let source = try Self.sources("PilotBeacon", "PilotWSS/Server", "PilotCommands/Beacon", "PilotCommands/Files")
      .replacing("\"\"\"", with: "\u{1}")
    var levels: [String: Set<String>] = [:]
    for call in source.matches(of: /logger\.(debug|info|notice|warning|error|critical|log)\(/) {
      // Where it depends, a line may be of less interest than the table says, and of more never.
      let level = call.1 == "log" ? "notice" : String(call.1)
      var text = source[call.range.upperBound...].prefix(700)
      text = text[..<(text.firstRange(of: "metadata:")?.lowerBound ?? text.endIndex)]
      if let block = text.firstMatch(of: /\A\s*\u{1}\s*([^\u{1}]*)\u{1}/) {
        let message = block.1.split(separator: "\\\n").map { $0.trimmingPrefix(/\s+/) }.joined().trimmingCharacters(
          in: .whitespacesAndNewlines)
        levels[message, default: []].insert(level)
        continue
      }
      // A choice has two texts.
      let statement = text[..<(text.firstRange(of: /\n *}|logger\./)?.lowerBound ?? text.endIndex)]
      for literal in statement.matches(of: /"((?:[^"\\]|\\.)+)"/) where !literal.1.hasPrefix("\\(") {
        levels[String(literal.1), default: []].insert(level)
      }
    }
    var expected = Set(levels.keys)
    #expect(expected.count > 30)
    // These are said of files of all modules.
    expected.formUnion(FileExposure.allCases.map(\.logMessage))
    let table = try Self.rows(under: "Log events")
    for row in table {
      guard let level = levels[row[1]] else { continue }
      #expect(level == [row[0]], "\(row[1])")
    }
    let rows = table.map { $0[1] }
    #expect(Set(rows).subtracting(expected).sorted() == [], "only in the table")
    #expect(expected.subtracting(rows).sorted() == [], "only in the code")
    #expect(rows.count == Set(rows).count, "an event has two rows")
  }

  @Test("The guide names the rules that are to wake somebody, all of them and no other")
  func alerts() throws {
    let rules = try String(
      contentsOf: Self.package.appending(path: "Operations/Monitoring/alerts.yml"), encoding: .utf8)
    let critical = rules.split(separator: "- alert: ").dropFirst().filter { $0.contains("severity: critical") }.map {
      $0.prefix { $0.isLetter }
    }
    let guide = try String(contentsOf: Self.package.appending(path: "Operations/Guide.md"), encoding: .utf8)
    let sentence = try #require(guide.firstMatch(of: /are worth waking somebody([^\n]*\n)*?.*The others can wait/)?.0)
    #expect(sentence.matches(of: /`(Beacon[A-Za-z]+)`/).map { $0.1 } == critical)
  }

  @Test("The guide's firewall lets in what the guide has listen, an ACME client on port 80 included")
  func firewall() throws {
    let guide = try String(contentsOf: Self.package.appending(path: "Operations/Guide.md"), encoding: .utf8)
    let ruleset = try #require(guide.firstMatch(of: /```nft\n([^`]*)```/)?.1)
    let rule = try #require(ruleset.firstMatch(of: /tcp dport \{ ([0-9, ]+) \} accept/)?.1)
    let ports = rule.split(separator: ", ").map(String.init)
    #expect(ports.contains("443") && !ports.contains("9100"))
    #expect(ports.contains("80") == guide.contains("--standalone"))
    #expect(ruleset.contains("udp dport 9001 accept"))
  }

  @Test("Each limit has a row, with its value")
  func limits() throws {
    let options = [
      "advertised", "beaconID", "udpAuthentication", "servesListedNodesOnly", "requiresPunchGrant", "isInCluster",
    ]
    try check("Registrations and relaying", RouterConfiguration(), except: options)
    try check("WebSocket", WSSLimits())
    try check("Registry", RegistryDirectory.Configuration())
    let between = try Self.rows(under: "Between beacons", depth: "###").map { [Self.code($0[0]), $0[1]] }
    #expect(
      between == [
        ["PeerLink.capacity", Self.spelled(PeerLink.capacity)],
        ["EtcdLines.capacity", Self.spelled(EtcdLines.capacity)],
        ["EtcdLines.byteCapacity", Self.spelled(EtcdLines.byteCapacity)],
        ["EtcdConnection.longestAnswer", Self.spelled(EtcdConnection.longestAnswer)],
      ])
  }

  /// With thousands apart.
  private static func spelled(_ number: Int) -> String {
    number.formatted(.number.locale(Locale(identifier: "en_US")))
  }

  private func check(_ heading: String, _ limits: Any, except: [String] = []) throws {
    var expected: [[String]] = []
    for (label, value) in Mirror(reflecting: limits).children {
      let label = try #require(label)
      switch value {
      case _ where except.contains(label): continue
      case let number as Int: expected.append([label, Self.spelled(number)])
      case let time as Duration: expected.append([label, "\(time.components.seconds) s"])
      default: Issue.record("\(label) is neither a number nor a time")
      }
    }
    let rows = try Self.rows(under: heading, depth: "###").map { [Self.code($0[0]), $0[1]] }
    #expect(rows.sorted { $0[0] < $1[0] } == expected.sorted { $0[0] < $1[0] })
  }
}
