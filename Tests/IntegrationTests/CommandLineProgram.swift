import Foundation
import Testing

/// The program `pilot` as its users have it: a process with arguments, an environment, three streams and an exit code.
struct CommandLineProgram {
  /// What a run left behind.
  struct Outcome: Sendable {
    /// The exit code; negative for a signal that killed the process.
    let status: Int32
    let output: String
    let error: String

    /// The lines on standard error.
    var errorLines: [Substring] { error.split(separator: "\n") }
  }

  /// The program that was built together with these tests, beside which it lies.
  static func url() throws -> URL {
    var directory = try #require(Bundle.main.executableURL).deletingLastPathComponent()
    // On macOS the runner is Xcode's, and the tests are in a bundle beside the program.
    if let bundle = Bundle.allBundles.first(where: { $0.bundlePath.hasSuffix(".xctest") }) {
      directory = bundle.bundleURL.deletingLastPathComponent()
    }
    let program = directory.appending(path: "pilot")
    try #require(FileManager.default.isExecutableFile(atPath: program.path), "\(program.path) is not built")
    return program
  }

  /// What a sanitizer that runs the tests is told, for the programs that they start.
  static let sanitizerOptions = ProcessInfo.processInfo.environment.filter { $0.key.hasSuffix("SAN_OPTIONS") }

  /// A process that isn't running yet, with nothing in its environment but `environment` and a sanitizer's options, and
  /// nothing to read.
  static func process(_ arguments: [String], environment: [String: String] = [:]) throws -> Process {
    let process = Process()
    process.executableURL = try url()
    process.arguments = arguments
    process.environment = environment.merging(sanitizerOptions) { own, _ in own }
    process.standardInput = FileHandle.nullDevice
    return process
  }

  /// Runs the program to its end.
  static func run(
    _ arguments: String..., input: String? = nil, environment: [String: String] = [:]
  ) async throws -> Outcome {
    let process = try process(arguments, environment: environment)
    let (output, error, source) = (Pipe(), Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    if input != nil { process.standardInput = source }
    try process.run()
    if let input {
      try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
      try source.fileHandleForWriting.close()
    }
    async let text = contents(of: output)
    async let errorText = contents(of: error)
    return try await Outcome(status: status(of: process), output: text, error: errorText)
  }

  /// Waits for the process, off the threads that tasks share.
  static func status(of process: Process) async -> Int32 {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        process.waitUntilExit()
        continuation.resume(
          returning: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
      }
    }
  }

  /// All that comes out of a pipe.
  static func contents(of pipe: Pipe) async throws -> String {
    let handle = pipe.fileHandleForReading
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self) })
      }
    }
  }
}
