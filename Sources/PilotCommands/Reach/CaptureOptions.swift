import ArgumentParser
import Logging
import PilotConsole

/// Whether a node's frames are written to a file: the same for every command that runs one.
struct CaptureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Write all frames to this file, for Wireshark and tshark (pcapng, mode 0600; or to a pipe). Sealed payloads stay sealed.
      """, valueName: "file"))
  var capture: String?

  @Option(
    help: ArgumentHelp(
      "End the capture, and not the node, when its file has this many MiB. (default: 64)", valueName: "MiB"))
  var captureLimit: Int?

  /// Opens the file, if there is to be one, and has the node's frames written to it.
  func begin(_ plan: inout NodePlan, _ settings: Settings, logger: Logger) throws -> NodeCapture? {
    let capture = try NodeCapture(
      file: settings.string(capture, "capture"),
      limit: settings.int(captureLimit, "capture-limit", in: 1...1_048_576), logger: logger)
    if let capture { plan.capture(into: capture.frames) }
    return capture
  }
}
