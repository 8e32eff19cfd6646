internal import ArgumentParser
internal import PilotConsole

/// `pilot bench`: hands over to the program `pilot-bench`, which is built beside this one.
struct BenchLauncher: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the transports, sealed tunnels, and any beacon.",
    discussion: "Example: pilot bench udp --case bulk --case single")

  @Argument(parsing: .captureForPassthrough, help: "What pilot-bench is given; --help tells.")
  var arguments: [String] = []

  func run() throws {
    let path = SiblingProgram.path(of: "pilot-bench")
    let reason = SiblingProgram.replaceProcess(with: path, arguments: arguments)
    throw CommandFailure(
      "\(path) can't be started: \(reason)",
      hint: "build it as pilot was, swift build [-c release] --product pilot-bench, or install it beside pilot")
  }
}
