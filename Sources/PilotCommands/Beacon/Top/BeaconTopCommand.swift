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
      --count says. Address and token are the beacon's own settings, --http (127.0.0.1:9100 if it isn't given) and \
      --http-token, also from its --config; with --json a report is a line of JSON.

      Example: pilot beacon top --http 127.0.0.1:9100
      """)

  /// Whose options come before and behind the command's name.
  @ParentCommand var beacon: BeaconCommand

  @Option(help: ArgumentHelp("End after so many. (default: 1 where there is no terminal)", valueName: "count"))
  var count: Int?

  package init() {}

  package func run() async throws {
    if let count, count < 1 { throw CommandFailure.usage("--count must be 1 or more") }
    let settings = try beacon.settings(isCollecting: false)
    let address = try settings.string(beacon.http, "http") ?? "127.0.0.1:9100"
    let request = try StatusRequest(
      to: ListenAddress.resolve(address, option: "http"),
      tokenFile: settings.string(beacon.httpToken, "http-token"))
    let isScreen = Console.standard.outputIsTerminal && !beacon.json
    let limit = count ?? (isScreen ? .max : 1)
    var before: StatusReport?
    for number in 1...limit {
      let report = try await request.report()
      if beacon.json {
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
