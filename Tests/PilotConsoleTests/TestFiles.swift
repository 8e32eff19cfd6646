import Foundation
import Testing

/// Runs `body` with a new directory, which is gone afterwards.
func withTemporaryDirectory(_ body: (URL) async throws -> Void) async throws {
  let directory = FileManager.default.temporaryDirectory.appending(path: "pilot-commands-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer {
    do {
      try FileManager.default.removeItem(at: directory)
    } catch {
      Issue.record("left behind: \(directory.path): \(error)")
    }
  }
  try await body(directory)
}

/// Runs `body` with a file of these contents.
func withFile(_ contents: String, _ body: (String) async throws -> Void) async throws {
  try await withTemporaryDirectory { directory in
    let file = directory.appending(path: "pilot.json")
    try Data(contents.utf8).write(to: file)
    try await body(file.path)
  }
}
