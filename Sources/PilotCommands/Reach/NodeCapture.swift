import Logging
import PilotConsole
import PilotTransport

/// The capture that a command with a node was asked for: says in the log how it ends, and the node goes on.
struct NodeCapture: Sendable {
  /// What takes the frames.
  let frames: FrameCapture
  private let file: String
  private let logger: Logger

  /// Opens the file, if there is to be one.
  ///
  /// - Parameters:
  ///   - file: Its path; nil for no capture.
  ///   - limit: Its greatest length, in MiB; nil for the default.
  init?(file: String?, limit: Int?, logger: Logger) throws {
    guard let file else {
      guard limit == nil else {
        throw CommandFailure.usage("a capture has a limit, and no file", hint: "give it with --capture FILE")
      }
      return nil
    }
    var configuration = FrameCapture.Configuration()
    if let limit { configuration.limit = limit << 20 }
    configuration.onEnd = { end in
      logger.warning(
        "The capture has ended, and the node goes on", metadata: ["file": "\(file)", "reason": "\(end)"])
    }
    frames = try FrameCapture.start(writingTo: file, configuration)
    self.file = file
    self.logger = logger
  }

  /// Runs the node, and then ends the file.
  static func run(_ capture: NodeCapture?, _ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch {
      await capture?.stop()
      throw error
    }
    await capture?.stop()
  }

  /// Ends the file, and says once what is in it and what isn't.
  func stop() async {
    let counters = await frames.stop()
    let level: Logger.Level = counters.leftOut == 0 ? .info : .warning
    logger.log(
      level: level, "Captured",
      metadata: [
        "file": "\(file)", "frames": "\(counters.frames)", "bytes": "\(counters.bytes)",
        "over_limit": "\(counters.overLimit)", "overflowed": "\(counters.overflowed)", "failed": "\(counters.failed)",
      ])
  }
}
