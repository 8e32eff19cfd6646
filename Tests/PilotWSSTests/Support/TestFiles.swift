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
      ("rsa", TestPEM.rsa), ("rsa-key", TestPEM.rsaKey), ("ed25519", TestPEM.ed25519),
      ("ed25519-key", TestPEM.ed25519Key), ("p521", TestPEM.p521), ("p521-key", TestPEM.p521Key),
      ("past", TestPEM.past), ("past-key", TestPEM.pastKey), ("future", TestPEM.future),
      ("future-key", TestPEM.futureKey), ("expired-ca", TestPEM.expiredAuthority), ("orphan", TestPEM.orphan),
      ("orphan-key", TestPEM.orphanKey), ("purpose-ca", TestPEM.purposeAuthority), ("purpose", TestPEM.purpose),
      ("purpose-key", TestPEM.purposeKey), ("wildcard", TestPEM.wildcard), ("wildcard-key", TestPEM.wildcardKey),
    ] { try write(text, to: name) }
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func path(_ name: String) -> String { "\(directory)/\(name).pem" }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(filePath: path(name)))
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

  /// A directory among the files, with copies of these.
  func makeDirectory(_ name: String, of names: String...) throws -> String {
    try FileManager.default.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: false)
    for file in names { try FileManager.default.copyItem(atPath: path(file), toPath: "\(directory)/\(name)/\(file)") }
    return "\(directory)/\(name)"
  }
}

/// How many descriptors this process has open.
func openDescriptors() throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}
