import Foundation

/// A directory with the certificates of ``TestPEM``, gone with the last reference.
final class TestFiles: Sendable {
  private let directory: String

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "pilot-wss-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    for (name, text) in [
      ("ca", TestPEM.authority), ("other-ca", TestPEM.otherAuthority), ("server", TestPEM.server),
      ("server-key", TestPEM.serverKey), ("stranger", TestPEM.stranger), ("stranger-key", TestPEM.strangerKey),
    ] { try write(text, to: name) }
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func path(_ name: String) -> String { "\(directory)/\(name).pem" }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path(name)))
  }
}

/// How many descriptors this process has open.
func openDescriptors() throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}
