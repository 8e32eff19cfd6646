import Foundation
import Testing

@testable import PilotCommands

/// A console whose two streams end in files, to see afterwards what came out.
func withConsole(
  _ body: (Console) async throws -> Void
) async throws -> (output: String, error: String) {
  var texts = (output: "", error: "")
  try await withTemporaryDirectory { directory in
    let files = try ["output", "error"].map { name in
      let url = directory.appending(path: name)
      try Data().write(to: url)
      return try FileHandle(forWritingTo: url)
    }
    try await body(
      Console(output: files[0].fileDescriptor, error: files[1].fileDescriptor, environment: [:]))
    texts.output = try String(contentsOf: directory.appending(path: "output"), encoding: .utf8)
    texts.error = try String(contentsOf: directory.appending(path: "error"), encoding: .utf8)
  }
  return texts
}

/// A terminal without a person: what is written to `program` comes out of `screen`.
struct PseudoTerminal {
  let screen: FileHandle
  let program: FileHandle

  init() throws {
    let descriptor = posix_openpt(O_RDWR | O_NOCTTY)
    try #require(descriptor >= 0)
    screen = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try #require(grantpt(descriptor) == 0 && unlockpt(descriptor) == 0)
    // SAFETY: the name lives until the next call of ptsname(3), and is used at once.
    let opened = unsafe ptsname(descriptor).map { unsafe open($0, O_RDWR | O_NOCTTY) } ?? -1
    try #require(opened >= 0)
    program = FileHandle(fileDescriptor: opened, closeOnDealloc: true)
  }

  /// What stands to be shown. A terminal makes a line feed a carriage return and a line feed.
  func shown() -> String {
    String(decoding: screen.availableData, as: UTF8.self)
  }
}
