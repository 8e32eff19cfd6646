import Foundation
import Logging
import PilotIdentity
import PilotWire
import Testing

@testable import PilotBeacon

/// What an operator is told at the start.
struct PrecautionsTests {
  private func told(_ configuration: BeaconServer.Configuration) -> [String] {
    let lines = Lines()
    let recorder = Recorder(lines: lines)
    Precautions.check(configuration, Logger(label: "test") { _ in recorder })
    return lines.all
  }

  @Test(
    "WebSocket in clear text is told where others run the way to it",
    arguments: [
      ("127.0.0.1:80", false), ("10.0.0.1:80", false), ("192.168.1.1:80", false), ("169.254.1.1:80", false),
      ("[::1]:80", false), ("[fd00::1]:80", false), ("[fe80::1]:80", false),
      ("100.64.0.1:80", true), ("100.127.255.255:80", true), ("198.51.100.1:80", true), ("0.0.0.0:80", true),
      ("[::]:80", true), ("[2001:db8::1]:80", true),
    ])
  func clearText(address: String, isTold: Bool) throws {
    var configuration = BeaconServer.Configuration()
    configuration.wss = BeaconServer.Configuration.WebSocket(address: try Endpoint(parsing: address))
    let texts = told(configuration)
    #expect(texts.map { $0.contains("are not encrypted") } == (isTold ? [true] : []))
  }

  @Test(
    arguments: [
      (0o644, [FileExposure.readableByAll]), (0o646, [.readableByAll, .writableByAll]), (0o602, [.writableByAll]),
      (0o640, []), (0o600, []),
    ])
  func `a token that every user can read or change is told`(mode: Int, told expected: [FileExposure]) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
    try Data("0123456789abcdef".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    var configuration = BeaconServer.Configuration()
    configuration.httpToken = file.path
    let lines = told(configuration)
    #expect(lines.count == expected.count)
    for (line, exposure) in zip(lines, expected) {
      #expect(line.hasPrefix(exposure.logMessage) && line.contains(file.path))
    }
  }
}
