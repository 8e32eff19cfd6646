import Foundation
import Testing

/// Runs `body` with the path of a new directory, which is gone afterwards.
func withTemporaryDirectory(_ body: (String) async throws -> Void) async throws {
  let directory = FileManager.default.temporaryDirectory.appending(path: "pilot-identity-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer {
    do {
      try FileManager.default.removeItem(at: directory)
    } catch {
      Issue.record("left behind: \(directory.path): \(error)")
    }
  }
  try await body(directory.path)
}

/// Writes a file in place, without a temporary one, and gives it a mode.
func write(_ bytes: some Sequence<UInt8>, to path: String, mode: Int = 0o600) throws {
  try Data(bytes).write(to: URL(filePath: path))
  try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}

func write(_ text: String, to path: String, mode: Int = 0o600) throws {
  try write(text.utf8, to: path, mode: mode)
}

func contents(of path: String) throws -> [UInt8] {
  try Array(Data(contentsOf: URL(filePath: path)))
}

/// Gives a file another name, and replaces the file that has it.
func replace(_ path: String, by newPath: String) throws {
  // SAFETY: the paths live as NUL-terminated texts for the length of the call.
  let result = unsafe rename(newPath, path)
  try #require(result == 0)
}

func makePipe(at path: String) throws {
  // SAFETY: as above.
  let result = unsafe mkfifo(path, 0o600)
  try #require(result == 0)
}

func mode(of path: String) throws -> Int? {
  try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}

func names(in directory: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
}
