import Foundation
import Testing

@testable import PilotConsole

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
    let console = Console(output: files[0].fileDescriptor, error: files[1].fileDescriptor, environment: [:])
    try await body(console)
    await console.flush(within: .seconds(60))
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
    var (screen, program): (Int32, Int32) = (-1, -1)
    // SAFETY: openpty(3) writes two descriptors, which live for the length of the call.
    let result = unsafe openpty(&screen, &program, nil, nil, nil)
    try #require(result == 0)
    self.screen = FileHandle(fileDescriptor: screen, closeOnDealloc: true)
    self.program = FileHandle(fileDescriptor: program, closeOnDealloc: true)
  }

  /// What stands to be shown. A terminal makes a line feed a carriage return and a line feed.
  ///
  /// - Parameter count: How many bytes to wait for: a terminal hands on what was written in pieces, when it comes to it.
  func shown(_ count: Int) -> String {
    var data = screen.availableData
    while data.count < count { data += screen.availableData }
    return String(decoding: data, as: UTF8.self)
  }
}

extension Pipe {
  /// What is in the pipe now, once there is something.
  func available() -> String { String(decoding: fileHandleForReading.availableData, as: UTF8.self) }
}
