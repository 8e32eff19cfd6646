import ArgumentParser
import PilotBeacon
import PilotConsole
import PilotTransport
import PilotWSS
import PilotWire

/// How `pilot beacon` sends its peers away: when it is ended, and when it is full.
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

  @Option(
    help: ArgumentHelp(
      """
      Send WebSocket nodes that attach beyond so many to the beacon of --redirect-to; who can't go there stays. (default: off)
      """, valueName: "count"))
  var redirectAt: Int?

  @Option(help: ArgumentHelp("The beacon that they are sent to.", valueName: "url"))
  var redirectTo: String?

  /// Where peers go that attach beyond a number; nil if they stay.
  func redirect(_ settings: Settings) throws(CommandFailure) -> BeaconServer.Configuration.Redirect? {
    let place = try place(redirectTo, "redirect-to", settings)
    let peers = try settings.int(redirectAt, "redirect-at", in: 1...10_000_000)
    switch (peers, place) {
    case (let peers?, let place?): return BeaconServer.Configuration.Redirect(beyond: peers, to: place)
    case (nil, nil): return nil
    case (_?, nil):
      try settings.refuse(
        .usage("it is said when nodes are sent on, and not where to", hint: "add --redirect-to wss://HOST"))
    case (nil, _?):
      try settings.refuse(
        .usage("it is said where nodes are sent, and not when", hint: "add --redirect-at COUNT"))
    }
    return nil
  }

  func configuration(_ settings: Settings) throws(CommandFailure) -> BeaconServer.Configuration.Drain {
    var drain = BeaconServer.Configuration.Drain()
    let limit = Int(BeaconServer.Configuration.Drain.limit / .seconds(1))
    drain.window = .seconds(
      try settings.int(drainWindow, "drain-window", in: 0...limit, default: Self.defaultWindow))
    drain.grace = .seconds(try settings.int(drainGrace, "drain-grace", in: 0...limit, default: 0))
    drain.back = .seconds(
      try settings.int(drainBack, "drain-back", in: 0...Int(ReturnSpan.limit / 1_000), default: 0))
    drain.place = try place(drainTo, "drain-to", settings)
    return drain
  }

  /// The beacon that an option names, if it is given.
  private func place(_ text: String?, _ option: String, _ settings: Settings) throws(CommandFailure) -> WSSURL? {
    guard let text = try settings.string(text, option) else { return nil }
    return try settings.checking(option, else: nil) { () throws(CommandFailure) in
      do throws(TransportError) {
        return try WSSURL(parsing: text)
      } catch {
        throw .usage("--\(option): \(error.message)", hint: "for example --\(option) wss://beacon2.example")
      }
    }
  }
}
