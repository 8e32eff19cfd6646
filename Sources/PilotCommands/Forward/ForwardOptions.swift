import ArgumentParser
import PilotConsole

/// What all forms of `pilot forward` say beside what to forward, and beside ``TunnelOptions``: not above those, since each level of groups
/// makes a start of a debug build several times slower, which checks all that lies in one for each that it lies in.
struct ForwardOptions: ParsableArguments {
  @Flag(help: "Tell once a second what has gone through.")
  var stats = false

  @Flag(help: "Let datagrams of more than 1,153 bytes through, in fragments; the other side has to, too.")
  var fragment = false
}

/// Who may use what is served.
struct AllowOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only these nodes may use what is served; repeatable, or with commas. (default: all peers)", valueName: "node"))
  var allow: [String] = []
}
