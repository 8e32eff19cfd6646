import ArgumentParser
import Foundation
import Logging
import PilotConsole
import PilotIdentity
import PilotTransport
import Testing

@testable import PilotCommands

@Suite("what commands with tunnels say before they run")
struct TunnelPlanTests {
  @Test("a peers file that others can change is warned of, and no other", arguments: [0o600, 0o644, 0o664, 0o666])
  func writable(_ mode: Int) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (identity, peers) = (folder.appending(path: "id.json").path, folder.appending(path: "peers.json").path)
    try Identity().save(to: identity)
    try Data("{}".utf8).write(to: URL(filePath: peers))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: peers)
    let options = try TunnelOptions.parse([
      "--node", "7", "--identity", identity, "--beacon", "udp://127.0.0.1:9", "--peers", peers,
    ])
    let settings = try Settings(options.globals, of: ForwardRunCommand.self, section: .forward, environment: [:])
    let lines = Lines()
    try options.plan(settings).log(to: Logger(label: "test") { _ in Recorder(lines: lines) })
    let warnings = lines.all.filter { $0.contains("can change a file that decides who may do what") }
    #expect(warnings == FileExposure.found(at: peers, isSecret: false).map { "\($0.logMessage) path=\(peers)" })
    switch mode {
    case 0o600, 0o644: #expect(warnings.isEmpty)
    case 0o666: #expect(warnings.count == 1)
    // It depends on the group that this process gives its files.
    default: #expect(warnings.count <= 1)
    }
  }
}
