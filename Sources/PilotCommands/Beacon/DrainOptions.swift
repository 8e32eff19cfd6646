import ArgumentParser
import PilotBeacon
import PilotConsole
import PilotTransport
import PilotWSS
import PilotWire

/// How `pilot beacon` sends its peers away when it is ended.
struct DrainOptions: ParsableArguments {
  /// Seconds, unless something else is asked for.
  static let defaultWindow = 30

  @Option(
    help: ArgumentHelp(
      """
      Send connected nodes away over so many seconds when it is ended, and relay on meanwhile; 0 closes all at once. \
      (default: 30, 120 at most)
      """, valueName: "seconds"))
  var drainWindow: Int?

  @Option(
    help: ArgumentHelp(
      """
      Answer health with 503 for so long before that, and admit newcomers meanwhile, so that load balancers notice. \
      (default: 0, 120 at most)
      """, valueName: "seconds"))
  var drainGrace: Int?

  @Option(
    help: ArgumentHelp(
      """
      Tell nodes to come back no sooner than so long after the signal: when this beacon expects to be there again, if no \
      other one stands beside it. (default: 0, 600 at most)
      """, valueName: "seconds"))
  var drainBack: Int?

  @Option(
    help: ArgumentHelp(
      "Send connected nodes to this beacon. (default: to where they have dialled)", valueName: "url"))
  var drainTo: String?

  func configuration(_ settings: Settings) throws(CommandFailure) -> BeaconServer.Configuration.Drain {
    var drain = BeaconServer.Configuration.Drain()
    let limit = Int(BeaconServer.Configuration.Drain.limit / .seconds(1))
    drain.window = .seconds(
      try settings.int(drainWindow, "drain-window", in: 0...limit, default: Self.defaultWindow))
    drain.grace = .seconds(try settings.int(drainGrace, "drain-grace", in: 0...limit, default: 0))
    drain.back = .seconds(
      try settings.int(drainBack, "drain-back", in: 0...Int(ReturnSpan.limit / 1_000), default: 0))
    if let place = try settings.string(drainTo, "drain-to") {
      drain.place = try settings.checking("drain-to", else: nil) { () throws(CommandFailure) in
        do throws(TransportError) {
          return try WSSURL(parsing: place)
        } catch {
          throw .usage("--drain-to: \(error.message)", hint: "for example --drain-to wss://beacon2.example")
        }
      }
    }
    return drain
  }
}
