package import ArgumentParser
import PilotBeacon
import PilotConsole

/// `pilot beacon top`: what a beacon does, in a terminal.
package struct BeaconTopCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Show what a beacon does, as its status page.",
    discussion: """
      On a terminal the picture is drawn anew every second until it is interrupted. Elsewhere one is printed, or as many as \
      --count says.

      Example: pilot beacon top --http 127.0.0.1:9100
      """)

  @Option(help: ArgumentHelp("The beacon's --http. (default: 127.0.0.1:9100)", valueName: "host:port"))
  var http = "127.0.0.1:9100"

  @Option(help: ArgumentHelp("The file with the beacon's token, if it has one.", valueName: "file"))
  var httpToken: String?

  @Option(help: ArgumentHelp("End after so many. (default: 1 where there is no terminal)", valueName: "count"))
  var count: Int?

  @Flag(help: "Print the beacon's reports as JSON, one a line.")
  var json = false

  package init() {}

  package func run() async throws {
    if let count, count < 1 { throw CommandFailure.usage("--count must be 1 or more") }
    let request = try StatusRequest(to: ListenAddress.resolve(http, option: "http"), tokenFile: httpToken)
    let isScreen = Console.standard.outputIsTerminal && !json
    let limit = count ?? (isScreen ? .max : 1)
    var before: StatusReport?
    for number in 1...limit {
      let report = try await request.report()
      if json {
        try await Console.standard.print(try request.line(report))
      } else {
        let text = BeaconScreen(report, after: before).lines.joined(separator: "\n")
        try await Console.standard.print(isScreen ? Self.home + text : text)
      }
      before = report
      if number < limit { try await Task.sleep(for: .seconds(1)) }
    }
  }

  /// To the upper left corner, on an empty screen (ECMA-48, CUP and ED).
  private static let home = "\u{1B}[H\u{1B}[2J"
}
